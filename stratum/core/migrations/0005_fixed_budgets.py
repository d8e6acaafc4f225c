from django.db import migrations, models

KEPT_ID = {
    "max_length": 160,
    "blank": True,
    "help_text": "The budget that it spends from and that nobody here changes: one that campaigns share, or one for its whole run.",
}
KEPT = {
    "null": True,
    "blank": True,
    "help_text": "What all of that budget may cost a day, minor units; empty when nobody tells.",
}
DAILY = {"null": True, "blank": True, "help_text": "Minor units; empty when the other level holds the budget."}


class Migration(migrations.Migration):
    dependencies = [("core", "0004_google_accounts")]

    operations = [
        migrations.RenameField("campaign", "shared_budget_id", "fixed_budget_id"),
        migrations.RenameField("campaign", "shared_budget", "fixed_budget"),
        migrations.AlterField("campaign", "fixed_budget_id", models.CharField(**KEPT_ID)),
        migrations.AlterField("campaign", "fixed_budget", models.BigIntegerField(**KEPT)),
        migrations.AlterField("campaign", "daily_budget", models.BigIntegerField(**DAILY)),
        migrations.AddField("adset", "fixed_budget_id", models.CharField(default="", **KEPT_ID), preserve_default=False),
        migrations.AddField("adset", "fixed_budget", models.BigIntegerField(**KEPT)),
        migrations.AlterField("adset", "daily_budget", models.BigIntegerField(**DAILY)),
    ]
