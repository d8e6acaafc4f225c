from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from attribution.actions.credit.attribute_deals import Booking
from attribution.actions.deals.store_deals import WORTH_AND_WHY, save_valued, worth
from attribution.actions.deals.value_deal import value_again
from attribution.models import Deal, PipelineStage
from stratum.core.models import Workspace


def value_deals_again(workspace: Workspace, deal_ids: Sequence[str], *, now: datetime) -> list[Booking]:
    """Values stored deals by today's probabilities and by rates that came late; locks them, and returns what to book.

    `deal_ids` are the source's own ids.
    """
    deals = list(Deal.objects.select_for_update().filter(external_id__in=deal_ids).order_by("external_id"))
    before = {deal.pk: worth(deal) for deal in deals}
    stages = {(one.connection_id, one.pipeline_id, one.stage_id): one for one in PipelineStage.objects.all()}
    for deal in deals:
        value_again(workspace, deal, stages.get((deal.connection_id, deal.pipeline_id, deal.stage_id)))
    valued = {deal.pk for deal in deals if worth(deal) != before[deal.pk]}
    save_valued([deal for deal in deals if deal.pk in valued], before, WORTH_AND_WHY)
    # What a stage or a currency is worth changed today, whenever the deal itself was last changed.
    return [
        Booking(deal.pk, f"{deal.stage_label} is valued anew", now)
        if deal.pk in valued
        else Booking(deal.pk, "new evidence")
        for deal in deals
    ]
