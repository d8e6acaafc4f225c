from __future__ import annotations

import re
from typing import Any

from django import forms

from attribution.selectors import MatchingRules


class MatchingForm(forms.Form):
    """What matching may do, and the anchor of the modelled layer."""

    ad_driven_share = forms.FloatField(
        label="Share of leads that ads brought (0 to 1)",
        required=False,
        min_value=0,
        max_value=1,
        help_text="From a lift study or a holdout. Empty: a cautious assumption.",
        widget=forms.NumberInput(attrs={"step": "any"}),
    )
    ad_driven_share_source = forms.CharField(label="Who measured it, and when", required=False, max_length=160)
    use_fingerprint = forms.BooleanField(label="Match by fingerprint", required=False)
    use_ip = forms.BooleanField(label="Match by IP address", required=False)
    probable_needs_ads_consent = forms.BooleanField(
        label="Match by fingerprint and IP only with consent to ads", required=False
    )
    use_company = forms.BooleanField(label="Let clicks of colleagues of the same company count", required=False)
    regions_without_probable = forms.CharField(
        label="Countries without fingerprint and IP",
        required=False,
        max_length=800,
        help_text="Two letters each (ISO 3166), such as DE, FR.",
    )

    @classmethod
    def showing(cls, rules: MatchingRules) -> MatchingForm:
        told = {name: getattr(rules, name) for name in cls.base_fields}
        regions = ", ".join(rules.regions_without_probable)
        return cls(initial={**told, "regions_without_probable": regions}, label_suffix="")

    def clean_regions_without_probable(self) -> list[str]:
        regions = [part.upper() for part in re.split(r"[\s,;]+", self.cleaned_data["regions_without_probable"]) if part]
        for region in regions:
            if not re.fullmatch("[A-Z]{2}", region):
                raise forms.ValidationError(f"“{region}” is not a country of two letters, such as DE.")
        return sorted(set(regions))

    def clean(self) -> dict[str, Any]:
        given = super().clean()
        if given.get("ad_driven_share") is not None and not given.get("ad_driven_share_source"):
            self.add_error("ad_driven_share_source", "Say who measured the share, and when.")
        return given
