from stratum.core.api.views import WorkspaceView


class RoasDashboard(WorkspaceView): ...


class RoasCampaigns(WorkspaceView): ...


class RoasMetrics(WorkspaceView): ...
