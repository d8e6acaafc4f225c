"""`manage.py attribute`: what an integrator runs after the files are in."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.core.management import CommandError, call_command

from attribution.models import Deal, DealRefresh, LedgerEntry, MatchingSettings, ModelledRun
from stratum.core.models import Ad, Workspace
from stratum.core.tenancy import in_workspace

DAYS = "date,ad_id,spend,impressions,clicks,campaign_id\n2026-10-01,a1,10,100,5,autumn\n"
TOUCHES = "touchpoint_id,occurred_at,kind,ad_id,campaign_id,anonymous_id,consent\n" + "".join(
    f"t{n},2026-10-{n * 7 % 18 + 1:02}T10:00:00Z,ad_click,a{n % 2 + 1},spring,x{n % 90},2\n" for n in range(800)
)
DEALS = "deal_id,created_at,stage,is_won,amount,email,anonymous_id\n" + "".join(
    f"d{n},2026-10-{n * 11 % 24 + 2:02}T12:00:00Z,Won,true,100.00,p{n}@x.com,{f'x{n}' if n % 4 else ''}\n"
    for n in range(80)
)


@pytest.fixture
def files(db, tmp_path):
    paths = {}
    for name, text in {"touchpoints": TOUCHES, "deals": DEALS, "ad_days": DAYS}.items():
        paths[name] = tmp_path / f"{name}.csv"
        paths[name].write_text(text)
    return paths


def run(command, *args, **options):
    call_command(command, *args, workspace="Files", no_progress=True, **options)


def sums(workspace):
    with in_workspace(workspace):
        return sum(LedgerEntry.objects.values_list("amount", flat=True)), sum(
            Deal.objects.values_list("value", flat=True)
        )


def test_files_in_any_order_end_in_credit_for_every_ad_that_was_clicked(files, capsys):
    run("import_touchpoints", str(files["touchpoints"]))
    assert "800 clicks name 2 ads that are not known yet" in capsys.readouterr().out
    run("import_deals", str(files["deals"]))
    run("attribute", ad_driven_share=0.9)
    told = capsys.readouterr().out
    assert "2 ads were made" in told
    assert "leads with a known person and" in told
    assert "90.0%, measured (command line)" in told
    workspace = Workspace.objects.get(name="Files")
    with in_workspace(workspace):
        assert set(LedgerEntry.objects.filter(layer="deterministic").values_list("ad__external_id", flat=True)) == {"a1", "a2"}  # fmt: skip
        assert MatchingSettings.objects.get().ad_driven_share == ModelledRun.objects.get().ad_driven_share == 0.9
        assert not DealRefresh.objects.exists()
    assert sums(workspace) == (800_000, 800_000)
    shares = [float(share) for share in re.findall(r"([\d.]+)%$", told, re.MULTILINE)]
    assert sum(shares) == pytest.approx(100, abs=0.3)


def test_an_ad_that_only_clicks_had_named_moves_to_where_its_days_say(files):
    for name in ("touchpoints", "deals"):
        run(f"import_{name}", str(files[name]))
    run("attribute")
    run("import_ad_days", str(files["ad_days"]))
    with in_workspace(Workspace.objects.get(name="Files")):
        campaigns = dict(Ad.objects.values_list("external_id", "ad_set__campaign__external_id"))
        assert campaigns == {"a1": "autumn", "a2": "spring"}


def test_running_it_again_posts_nothing(files, capsys):
    for name in ("ad_days", "touchpoints", "deals"):
        run(f"import_{name}", str(files[name]))
    run("attribute", until=date(2026, 9, 1))
    assert "Too few leads have a known person to learn from" in capsys.readouterr().out
    run("attribute", until=date(2026, 9, 1))
    assert "80 deals matched, 0 ledger lines posted" in capsys.readouterr().out


@pytest.mark.parametrize("share", [-0.1, 1.5])
def test_a_share_is_between_0_and_1(files, share):
    run("import_ad_days", str(files["ad_days"]))
    with pytest.raises(CommandError, match="between 0 and 1"):
        run("attribute", ad_driven_share=share)
