"""Who stands behind the keys. Edges are facts that are kept; who belongs together is derived from them and can be derived anew."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from attribution.models.inbox import CrmConnection
from stratum.core.crypto import EncryptedText
from stratum.core.tenancy import WorkspaceOwned


class Contact(WorkspaceOwned):
    """A person as the CRM or an import tells it: encrypted for sending, hashed for matching. Erasing blanks all of it."""

    connection = models.ForeignKey(CrmConnection, on_delete=models.CASCADE, null=True, db_index=False, related_name="+")
    external_id = models.CharField(max_length=80)
    email = EncryptedText(blank=True)
    phone = EncryptedText(blank=True)
    first_name = EncryptedText(blank=True)
    last_name = EncryptedText(blank=True)
    city = EncryptedText(blank=True)
    postal_code = EncryptedText(blank=True)
    country = models.CharField(max_length=60, blank=True)
    ip = EncryptedText(blank=True)
    user_agent = EncryptedText(blank=True)
    click_id = EncryptedText(blank=True, help_text="The click id as it was captured: case matters.")
    click_id_kind = models.CharField(max_length=10, blank=True, help_text="fbclid, gclid, gbraid or wbraid.")
    click_id_seen_at = models.DateTimeField(null=True)
    other_click_id = EncryptedText(
        blank=True, help_text="The newest click id of another platform than the first one's."
    )
    other_click_id_kind = models.CharField(max_length=10, blank=True)
    other_click_id_seen_at = models.DateTimeField(null=True)
    fbp = EncryptedText(blank=True)
    meta_lead_id = models.BigIntegerField(null=True)
    consent = models.PositiveSmallIntegerField(null=True, help_text="0 none, 1 measurement, 2 ads; empty: never asked.")
    email_hash = models.BigIntegerField(null=True)
    phone_hash = models.BigIntegerField(null=True)
    company_hash = models.BigIntegerField(null=True)
    created_at = models.DateTimeField(null=True)
    updated_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "external_id"], name="contact_once")]
        indexes = [
            models.Index(fields=["workspace", "email_hash"], condition=~Q(email_hash=None), name="contact_by_email"),
        ]


class IdentityEdge(WorkspaceOwned):
    """Two keys were seen together. A wrong edge is retracted, never deleted; what it had joined falls apart again."""

    class Key(models.IntegerChoices):
        ANONYMOUS = 1, "Anonymous id"
        EMAIL = 2, "E-mail"
        PHONE = 3, "Phone"
        CONTACT = 4, "Contact"
        COMPANY = 5, "Company"

    left_kind = models.PositiveSmallIntegerField(choices=Key)
    left_hash = models.BigIntegerField()
    right_kind = models.PositiveSmallIntegerField(choices=Key)
    right_hash = models.BigIntegerField()
    source = models.CharField(max_length=20, help_text="Who said so: tag, form, link, crm or import.")
    first_seen_at = models.DateTimeField()
    retracted_at = models.DateTimeField(null=True)
    retracted_because = models.CharField(max_length=200, blank=True)

    class Meta(WorkspaceOwned.Meta):
        constraints = [
            models.UniqueConstraint(
                fields=["workspace", "left_kind", "left_hash", "right_kind", "right_hash"], name="identity_edge_once"
            )
        ]
        indexes = [
            models.Index(fields=["workspace", "right_kind", "right_hash"], name="identity_edge_backwards"),
        ]


class PersonKey(WorkspaceOwned):
    """Derived: which person a key belongs to. A person is named by the smallest (kind, hash) of its keys."""

    kind = models.PositiveSmallIntegerField(choices=IdentityEdge.Key)
    key_hash = models.BigIntegerField()
    person = models.BigIntegerField()
    shared_by = models.PositiveSmallIntegerField(
        default=1, help_text="People seen behind an anonymous id; a browser of more than two belongs to none of them."
    )

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "key_hash"], name="person_key_once")]
        indexes = [models.Index(fields=["workspace", "person", "kind", "key_hash"], name="person_key_by_person")]


class ErasedKey(WorkspaceOwned):
    """The keyed hash of an address or id of a person who was erased: what names them again is dropped where it comes in.

    It tells nothing without the key of this workspace, and is all that is kept of them.
    """

    kind = models.PositiveSmallIntegerField(choices=IdentityEdge.Key)
    key_hash = models.BigIntegerField()
    erased_at = models.DateTimeField()

    class Meta(WorkspaceOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["workspace", "kind", "key_hash"], name="erased_key_once")]
