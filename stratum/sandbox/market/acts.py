"""Everything others do to the market, as named acts with plain arguments, so that a journal can repeat them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from stratum.sandbox.crm.events import association
from stratum.sandbox.crm.pipelines import PIPELINES
from stratum.sandbox.crm.records import Record, Source
from stratum.sandbox.market import leads, touchpoints
from stratum.sandbox.market.people import Click, Device, Person
from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.structure import Ad, AdSet, Campaign, Edit
from stratum.sandbox.market.verticals import VERTICALS
from stratum.sandbox.market.world import World

Arguments = dict[str, Any]


class NoSuchThing(LookupError):
    """An act names an ad, a click or a record that is not there."""


def _advertised(world: World, node_id: str) -> Campaign | AdSet | Ad:
    found = world.campaigns.get(node_id) or world.ad_sets.get(node_id) or world.ads.get(node_id)
    if found is None:
        raise NoSuchThing(f"no campaign, ad set or ad {node_id}")
    return found


def edit_ad_object(world: World, at: datetime, given: Arguments) -> Arguments:
    """Sets status, name or daily budget (minor units) of a campaign, an ad set or an ad. `by`: the API's caller, unless told."""
    node = _advertised(world, given["id"])
    for name in ("daily_budget", "status"):
        if name in given and not (name == "daily_budget" and isinstance(node, Ad)):
            values = (getattr(node, name), given[name])
            world.edits.append(
                Edit(len(world.edits) + 1, node.id, node.account_id, name, *values, at, given.get("by", "api"))
            )
    if "daily_budget" in given and not isinstance(node, Ad):
        if given["daily_budget"] != node.daily_budget:
            node.budget_changes.append(at)
            if isinstance(node, AdSet):
                node.edited_at = at
        for one in _sharing(world, node) if isinstance(node, Campaign) else [node]:
            one.daily_budget = int(given["daily_budget"])
    node.status = given.get("status", node.status)
    node.name = given.get("name", node.name)
    node.updated_at = at
    return {"id": node.id}


def _sharing(world: World, campaign: Campaign) -> list[Campaign]:
    """All campaigns of a budget."""
    return [one for one in world.account_by_id[campaign.account_id].campaigns if one.pool == campaign.pool]


def share_budget(world: World, at: datetime, given: Arguments) -> Arguments:
    """A person lets one of Google's campaigns spend from the budget of another, `with`; its own is there no more."""
    campaign, other = world.campaigns[str(given["id"])], world.campaigns[str(given["with"])]
    campaign.budget_id, campaign.daily_budget = other.budget_id, other.daily_budget
    for one in _sharing(world, other):
        one.explicitly_shared = True
    return {"id": campaign.id, "campaigns": [one.id for one in _sharing(world, other)]}


PRESENTED = {
    "shown_status", "serving", "has_asset_groups", "is_untold", "is_tagged", "url_tags", "also_in", "name",
}  # fmt: skip


def present(world: World, at: datetime, given: Arguments) -> Arguments:
    """How the platform shows a campaign, an ad set or an ad, whatever is true of it: the fields of PRESENTED that it has."""
    node = _advertised(world, str(given["id"]))
    for name, value in given.items():
        if name in PRESENTED and hasattr(node, name):
            setattr(node, name, value)
        elif name not in ("id", "n"):
            raise NoSuchThing(f"{name} of {node.id} cannot be shown otherwise")
    return {"id": node.id}


def aim(world: World, at: datetime, given: Arguments) -> Arguments:
    """A person aims an ad set (`adset_id`) at somebody else: all of its `targeting`, as Meta has it."""
    ad_set = world.ad_sets.get(str(given["adset_id"]))
    if ad_set is None:
        raise NoSuchThing(f"no ad set {given['adset_id']}")
    ad_set.targeting, ad_set.updated_at = dict(given["targeting"]), at
    return {"id": ad_set.id, "targeting": ad_set.targeting}


def run_away(world: World, at: datetime, given: Arguments) -> Arguments:
    """From now on an account (all without `account_id`) is delivered `factor` times as fast; 1 ends it."""
    chosen = [one for one in world.auctions if given.get("account_id") in (None, one.account.id)]
    for auction in chosen:
        auction.runaway = float(given.get("factor", 1.0))
    return {"accounts": [auction.account.id for auction in chosen]}


def restate(world: World, at: datetime, given: Arguments) -> Arguments:
    """The platform lowers what it reported of the last days."""
    changed = world.facts.lower(
        at.date(), float(given.get("factor", 0.9)), int(given.get("days", 28)), given.get("ad_id")
    )
    return {"ad_days": changed}


def click(world: World, at: datetime, given: Arguments) -> Arguments:
    """One known person clicks one ad. `consent`, `fingerprint`, `ip`, `anonymous_id`, `user_agent`, `click_id` may be given."""
    ad = world.ads.get(str(given.get("ad_id")))
    if ad is None:
        raise NoSuchThing(f"no ad {given.get('ad_id')}")
    rng = stream(world.seed, "act", int(given["n"]))
    person = world.people.newcomer(rng)
    device = Device(
        *(
            given.get(name) or getattr(person.device, name)
            for name in ("anonymous_id", "fingerprint", "ip", "user_agent")
        )
    )
    person.device, person.consent = device, int(given.get("consent", 2))
    chosen = {"click_id": given["click_id"]} if given.get("click_id") else {}
    made = world.arrive(
        world.make_click(ad, at, rng, person=person, consent=person.consent, seen=bool(given.get("send")), **chosen)
    )
    body = touchpoints.tag_body(made, world.config.write_key)
    known = {
        "touchpoint_id": made.touchpoint_id,
        "click_id": made.click_id,
        "consent": made.consent,
        "email": person.email,
    }
    return {
        **known,
        **vars(device),
        "occurred_at": at.isoformat(),
        "ad_id": ad.id,
        "body": body,
        "row": touchpoints.bulk_row(made),
    }


def _click_of(world: World, given: Arguments) -> Click | None:
    for candidate in reversed(world.clicks):
        if given.get("click_id") and candidate.click_id == given["click_id"]:
            return candidate
        if given.get("anonymous_id") and candidate.device.anonymous_id == given["anonymous_id"]:
            return candidate
    return None


def lead(world: World, at: datetime, given: Arguments) -> Arguments:
    """The person of a click (or somebody organic) leaves a contact and a deal in the first stage, and no planned future."""
    came_from = _click_of(world, given)
    if came_from is None and (given.get("click_id") or given.get("anonymous_id")):
        raise NoSuchThing("no such click")
    account = world.account_by_id[world.ads[came_from.ad_id].account_id] if came_from else world.accounts[0]
    person: Person = (
        came_from.person if came_from else world.people.newcomer(stream(world.seed, "act", int(given["n"])))
    )
    kept = came_from if came_from and not given.get("anonymous_id") else None
    capture = leads.captured_by(person.device, kept)
    contact = leads.find_or_create_contact(world, at, person, person.consent, capture)
    origin = (
        leads.Origin(account.id, came_from.ad_id, came_from.click_id, came_from.touchpoint_id, "ad")
        if came_from
        else leads.Origin(account.id, None, None, None, "organic")
    )
    amount = None if given.get("amount") is None else str(given["amount"])
    pipeline = str(given.get("pipeline") or VERTICALS[account.vertical].pipeline)
    currency = str(given.get("currency") or account.currency)
    deal = leads.create_deal(
        world, at, f"{person.first_name} {person.last_name}", amount, currency, pipeline, contact, origin
    )
    return {"contact_id": contact.id, "deal_id": deal.id, "email": person.email}


def deal(world: World, at: datetime, given: Arguments) -> Arguments:
    """Changes a deal: `stage` (an id, or won / lost), `amount`, `currency`, `properties`, `delete`, `restore`, `merge_into`."""
    record = world.crm.find("deals", str(given.get("deal_id")))
    if record is None:
        raise NoSuchThing(f"no deal {given.get('deal_id')}")
    if given.get("delete"):
        world.crm.archive(record, at, Source())
    elif given.get("restore"):
        world.crm.restore(record, at, Source())
    elif given.get("merge_into"):
        merged = leads.merge_deals(world, at, (str(given["merge_into"]), record.id))
        if merged is None:
            raise NoSuchThing("these two deals cannot be merged")
        record = merged
    else:
        world.crm.update(record, _wanted_properties(record, given), at, Source())
    return {"deal_id": record.id, "properties": dict(record.properties), "archived": record.archived}


def _wanted_properties(record: Record, given: Arguments) -> dict[str, str | None]:
    wanted = dict(given.get("properties") or {})
    if "amount" in given:
        wanted["amount"] = None if given["amount"] is None else str(given["amount"])
    if "currency" in given:
        wanted["deal_currency_code"] = str(given["currency"])
    stage = given.get("stage")
    if stage in ("won", "lost"):
        stage = PIPELINES[record.properties["pipeline"] or "default"].ending(stage == "won").id
    if stage:
        wanted["dealstage"] = str(stage)
    return wanted


def stage(world: World, at: datetime, given: Arguments) -> Arguments:
    """Sets up a stage of a pipeline anew: `label`, `probability`, `closed`; `unlist` takes it off the pipeline. Deals do not move for it."""
    pipeline = str(given.get("pipeline") or "default")
    held = world.crm.stage_of(pipeline, str(given["stage"]))
    if held is None:
        raise NoSuchThing(f"no stage {given['stage']} in pipeline {pipeline}")
    changes = {name: given[name] for name in ("label", "probability", "closed") if name in given}
    if given.get("unlist"):
        world.crm.unlisted.add((pipeline, held.id))
    world.crm.edit_stage(pipeline, replace(held, **changes))
    return {"stage": held.id, **changes}


def crowd(world: World, at: datetime, given: Arguments) -> Arguments:
    """A batch job of the CRM writes `count` deals in one millisecond."""
    properties = {
        "dealname": "Imported",
        "pipeline": "default",
        "dealstage": "appointmentscheduled",
        "amount": "100.00",
    }
    made = [world.crm.create("deals", dict(properties), at, Source("IMPORT", "1")) for _ in range(int(given["count"]))]
    return {"first": made[0].id, "last": made[-1].id, "count": len(made)}


def relink(world: World, at: datetime, given: Arguments) -> Arguments:
    """Gives a deal another contact, or with `remove` takes one away. Its modification date stays where it was.

    `tell`: the side whose subscription hears of it, deals or contacts; `generic`: by ids of types instead of names.
    """
    deal_id, contact_id = str(given["deal_id"]), str(given["contact_id"])
    change = world.crm.unlink if given.get("remove") else world.crm.link
    change("deals", deal_id, "contacts", contact_id)
    ends = {"deals": world.crm.records["deals"][deal_id], "contacts": world.crm.records["contacts"][contact_id]}
    if near := ends.pop(str(given.get("tell")), None):
        (far,) = ends.values()
        extra = association(near, far, removed=bool(given.get("remove")), generic=bool(given.get("generic")))
        world.crm.listener(near, "associationChange", extra, at, Source())
    return {"deal_id": deal_id, "contacts": world.crm.records["deals"][deal_id].linked["contacts"]}


def create_record(world: World, at: datetime, given: Arguments) -> Arguments:
    """A client creates a record over the API."""
    source = Source("INTEGRATION", str(world.config.app_id))
    record = world.crm.create(given["kind"], dict(given["properties"]), at, source, by_client=True)
    for other_kind, other_id in given.get("associations", []):
        if world.crm.find(other_kind, other_id):
            world.crm.link(record.kind, record.id, other_kind, other_id)
    return {"id": record.id}


def update_record(world: World, at: datetime, given: Arguments) -> Arguments:
    """A client changes or archives a record over the API."""
    record, source = world.crm.find(given["kind"], given["id"]), Source("INTEGRATION", str(world.config.app_id))
    if record is None:
        raise NoSuchThing(f"no {given['kind']} {given['id']}")
    if given.get("archive"):
        world.crm.archive(record, at, source)
    else:
        world.crm.update(record, given["properties"], at, source)
    return {"id": record.id}


ACTS: dict[str, Callable[[World, datetime, Arguments], Arguments]] = {
    "edit": edit_ad_object,
    "present": present,
    "share": share_budget,
    "aim": aim,
    "runaway": run_away,
    "restate": restate,
    "click": click,
    "lead": lead,
    "deal": deal,
    "stage": stage,
    "crowd": crowd,
    "relink": relink,
    "create_record": create_record,
    "update_record": update_record,
}
