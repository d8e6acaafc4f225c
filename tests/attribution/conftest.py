from __future__ import annotations

import pytest

from attribution.actions.crm.connect_crm import connect_crm


@pytest.fixture
def portal(workspace):
    return connect_crm(workspace, portal_id=33, access_token="token", client_secret="secret", actor="test")
