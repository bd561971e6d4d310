"""Prints each measurement and its limit."""

from __future__ import annotations

import json


class Report:
    """Prints each line at once: text, or with ``as_json`` one JSON object per check."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        if not self.as_json:
            print(text, flush=True)

    def at_least(self, case: str, measured: float, limit: float) -> None:
        self._check(case, measured, limit, measured >= limit)

    def at_most(self, case: str, measured: float, limit: float) -> None:
        self._check(f"{case} (at most)", measured, limit, measured <= limit)

    def _check(self, case: str, measured: float, limit: float, ok: bool) -> None:
        if self.as_json:
            line = {"case": case, "measured": round(measured, 4), "floor": limit, "ok": ok}
            print(json.dumps(line), flush=True)
        else:
            self.say(f"{'ok  ' if ok else 'FAIL'} {case}: {measured:.3g}, limit {limit:.3g}")
