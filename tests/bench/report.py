"""Report: what was measured, beside what must be reached."""

from __future__ import annotations

import json


class Report:
    """Prints as it comes in: for people, or ``as_json``, of the checks alone, a line each."""

    def __init__(self, as_json: bool) -> None:
        self.as_json = as_json

    def say(self, text: str) -> None:
        if not self.as_json:
            print(text, flush=True)

    def at_least(self, case: str, measured: float, floor: float) -> None:
        self._check(case, measured, floor, measured >= floor)

    def at_most(self, case: str, measured: float, floor: float) -> None:
        self._check(f"{case} (at most)", measured, floor, measured <= floor)

    def _check(self, case: str, measured: float, floor: float, ok: bool) -> None:
        if self.as_json:
            line = {"case": case, "measured": round(measured, 4), "floor": floor, "ok": ok}
            print(json.dumps(line), flush=True)
        else:
            self.say(f"{'ok  ' if ok else 'FAIL'} {case}: {measured:.3g}, floor {floor:.3g}")
