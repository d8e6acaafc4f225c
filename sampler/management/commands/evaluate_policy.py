from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import CommandError

from sampler.domain.off_policy import Estimate
from sampler.domain.off_policy_verdict import Answer
from sampler.models import AccountLimits
from sampler.selectors.off_policy import (
    BY_OTHER_MEANS,
    CannotEvaluate,
    NothingLogged,
    PolicyEstimate,
    evaluate_temperature,
)
from stratum.core.clock import now
from stratum.core.models import Workspace
from stratum.core.workspace_command import WorkspaceCommand

ANSWERS = {
    Answer.BETTER: "It would have earned more.",
    Answer.WORSE: "It would have earned less.",
    Answer.CANNOT_TELL: "The log cannot tell which earns more",
    Answer.REFUSED: "Not ranked",
}


class Command(WorkspaceCommand):
    help = "What another temperature of the sampler would have returned on the days that were planned, from the draws that were logged."

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        asked = parser.add_mutually_exclusive_group(required=True)
        asked.add_argument("--temperature", type=float, metavar="T", help="How much of the uncertainty is drawn.")
        asked.add_argument("--policy", choices=[AccountLimits.Policy.BLENDED.value])

    def work(self, workspace: Workspace, options: dict[str, Any]) -> None:
        if options["policy"]:
            raise CommandError(
                f"the blended score cannot be judged from the engine's plans: {BY_OTHER_MEANS}. Days that are planned by the one "
                "or the other in an order drawn by chance would tell."
            )
        try:
            found = evaluate_temperature(options["temperature"], now=now())
        except (CannotEvaluate, NothingLogged) as refused:
            raise CommandError(str(refused)) from refused
        self._tell(workspace, found)

    def _tell(self, workspace: Workspace, found: PolicyEstimate) -> None:
        support, verdict = found.verdict.support, found.verdict

        def money(estimate: Estimate) -> str:
            return f"{estimate.value:,.2f} [{estimate.low:,.2f}, {estimate.high:,.2f}] {workspace.currency}"

        self.stdout.write(
            f"{found.plans:,} plans over {support.decisions:,} account-days, {found.draws / support.decisions:.1f} draws a day; "
            f"{found.silent:,} plans without draws stay out."
        )
        self.stdout.write(f"Earned an account-day:        {money(found.earned)}")
        self.stdout.write(f"At temperature {found.temperature:<14g} {money(found.other)}")
        self.stdout.write(f"Difference:                   {money(verdict.difference)}")
        self.stdout.write(
            f"Worth {support.effective:,.1f} account-days of the other temperature; mean weight {support.mean_weight:.2f}, "
            f"heaviest {support.heaviest:.0%}. 95 % intervals, asymptotic."
        )
        self.stdout.write(
            f"So many days and draws tell of {found.told[0]:.2f} to {found.told[1]:.2f} times the temperature that was drawn at."
            if found.told
            else "So few days tell of no other temperature."
        )
        because = f": {'; '.join(verdict.because)}." if verdict.because else ""
        self.stdout.write(ANSWERS[verdict.answer] + because)
