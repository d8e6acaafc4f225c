"""How much of its quota a caller has used, as Meta's headers tell it."""

from __future__ import annotations

import json
import threading
import time

READ_POINTS, WRITE_POINTS, DECAY_SECONDS = 1.0, 3.0, 300.0
LIMITED_TIER_POINTS = 60.0


class Usage:
    """Points an ad account, decaying to nothing over 300 seconds of real time."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self.tier = "development_access" if limit <= LIMITED_TIER_POINTS else "standard_access"
        self._points: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def spend(self, account_id: str, points: float) -> bool:
        """Counts a call; False when the account has none left."""
        with self._lock:
            now = time.monotonic()
            held, at = self._points.get(account_id, (0.0, now))
            left = max(0.0, held - (now - at) * self.limit / DECAY_SECONDS)
            if left + points > self.limit:
                self._points[account_id] = (left, now)
                return False
            self._points[account_id] = (left + points, now)
            return True

    def share(self, account_id: str) -> float:
        """Percent of the limit in use."""
        with self._lock:
            held, at = self._points.get(account_id, (0.0, time.monotonic()))
            return max(0.0, held - (time.monotonic() - at) * self.limit / DECAY_SECONDS) / self.limit * 100

    def headers(self, account_id: str, *, insights: bool, wait_minutes: int = 0) -> dict[str, str]:
        used = round(self.share(account_id), 2)
        percent = 100 if wait_minutes else min(100, int(used))
        business = {
            "type": "ads_insights" if insights else "ads_management",
            "call_count": percent,
            "total_cputime": percent // 4,
            "total_time": percent // 4,
            "estimated_time_to_regain_access": wait_minutes,
            "ads_api_access_tier": self.tier,
        }
        found = {
            "X-Business-Use-Case-Usage": json.dumps({account_id: [business]}),
            "X-Ad-Account-Usage": json.dumps(
                {
                    "acc_id_util_pct": used,
                    "reset_time_duration": int(DECAY_SECONDS * used / 100),
                    "ads_api_access_tier": self.tier,
                }
            ),
            "X-App-Usage": json.dumps(
                {"call_count": percent // 2, "total_time": percent // 4, "total_cputime": percent // 4}
            ),
        }
        if insights:
            found["X-FB-Ads-Insights-Throttle"] = json.dumps(
                {"app_id_util_pct": percent // 2, "acc_id_util_pct": used, "ads_api_access_tier": self.tier}
            )
        return found
