"""A client of Barometer's API, made of its document by ``manage.py api-client``. Needs Python alone."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import Request, urlopen


class BarometerError(Exception):
    """What the API refused: ``status``, ``code``, ``details``, and when to come back (``retry_after`` seconds)."""

    def __init__(self, status: int, error: dict[str, Any], retry_after: str | None) -> None:
        super().__init__(f"{error.get('code')}: {error.get('message')}")
        self.status = status
        self.code = error.get("code")
        self.details = error.get("details")
        self.retry_after = retry_after


class Barometer:
    """One installation, called with the key of a machine or an access token."""

    def __init__(self, address: str, key: str, language: str = "en", timeout_seconds: float = 60) -> None:
        self.address = address.rstrip("/") + "/api"
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": language}
        self.timeout_seconds = timeout_seconds

    def pages(self, method: Callable[..., Any], **asked: Any) -> Iterator[dict[str, Any]]:
        """Every item of a list, page by page."""
        cursor = None
        while True:
            page = method(**asked, **({"cursor": cursor} if cursor else {}))
            yield from page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def call(self, method: str, path: str, asked: dict[str, Any]) -> Any:
        """One request; raises BarometerError."""
        with self._opened(method, path, asked, {}) as answer:
            text, is_file = answer.read(), answer.headers.get_content_type() == "application/octet-stream"
        return text if is_file else json.loads(text) if text else None

    def events(self, path: str, asked: dict[str, Any], last_event_id: str | None) -> Iterator[dict[str, Any]]:
        """What a stream sends until it ends: ``event``, ``data``, ``id`` to go on behind it; raises BarometerError."""
        found: dict[str, Any] = {}
        with self._opened("GET", path, asked, {"Last-Event-ID": last_event_id} if last_event_id else {}) as answer:
            for line in answer:
                name, _, value = line.decode().strip().partition(": ")
                if name in ("id", "event"):
                    found[name] = value
                elif name == "data":
                    found["data"] = json.loads(value)
                elif not name and "data" in found:
                    yield found
                    found = {}

    def _opened(self, method: str, path: str, asked: dict[str, Any], more: dict[str, str]) -> Any:
        url, headers, body = self.address + path, self.headers | more, None
        if method == "GET":
            url += "?" + urlencode(asked, doseq=True) if asked else ""
        else:
            headers["Content-Type"], body = "application/json", json.dumps(asked).encode()
        request = Request(url, body, headers, method=method)  # noqa: S310 - the address is the caller's own
        try:
            return urlopen(request, timeout=self.timeout_seconds)  # noqa: S310
        except HTTPError as error:
            try:
                told = json.loads(error.read()).get("error", {})
            except ValueError:
                told = {}
            raise BarometerError(error.code, told, error.headers.get("Retry-After")) from error

    def alerts_board(self, **asked: Any) -> Any:
        """Alerts by severity, then the newest, page by page."""
        return self.call("GET", "/alerts", asked)

    def alerts_counts(self, **asked: Any) -> Any:
        """Open alerts by severity."""
        return self.call("GET", "/alerts/counts", asked)

    def alerts_summary(self, **asked: Any) -> Any:
        """What came, closed and is open in the last days, beside as many days before."""
        return self.call("GET", "/alerts/summary", asked)

    def alerts_groups(self, **asked: Any) -> Any:
        """Alerts that belong together, by hotel, floor, type and shift; the worst first."""
        return self.call("GET", "/alerts/groups", asked)

    def alerts_suppressions(self, **asked: Any) -> Any:
        """The situations that verdicts keep silent now, and until when."""
        return self.call("GET", "/alerts/suppressions", asked)

    def alerts_one(self, alert_id: int, **asked: Any) -> Any:
        """One alert with its reason, timeline and neighbours; asking for it marks it read and is audited."""
        return self.call("GET", f"/alerts/{quote(str(alert_id), safe='')}", asked)

    def alerts_timeline(self, alert_id: int, **asked: Any) -> Any:
        """Who did what and why, the newest first."""
        return self.call("GET", f"/alerts/{quote(str(alert_id), safe='')}/timeline", asked)

    def alerts_series(self, alert_id: int, **asked: Any) -> Any:
        """Value, expected value and band before and after the alert; 2,000 points at most."""
        return self.call("GET", f"/alerts/{quote(str(alert_id), safe='')}/series", asked)

    def alerts_acknowledge(self, alert_id: int, **asked: Any) -> Any:
        """Somebody looks after it."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/acknowledge", asked)

    def alerts_assign(self, alert_id: int, **asked: Any) -> Any:
        """Somebody is to look after it."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/assign", asked)

    def alerts_snooze(self, alert_id: int, **asked: Any) -> Any:
        """Not on the board until then."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/snooze", asked)

    def alerts_judge(self, alert_id: int, **asked: Any) -> Any:
        """Was it right? What was false or expected is closed, and its situation stays silent."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/verdict", asked)

    def alerts_withdraw(self, alert_id: int, **asked: Any) -> Any:
        """Take the verdict back: what it kept silent is raised again."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/verdict/withdraw", asked)

    def alerts_close(self, alert_id: int, **asked: Any) -> Any:
        """Resolved by a person."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/close", asked)

    def alerts_reopen(self, alert_id: int, **asked: Any) -> Any:
        """What a person closed is open again."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/reopen", asked)

    def alerts_comment(self, alert_id: int, **asked: Any) -> Any:
        """Words for the timeline; the answer is the timeline with them."""
        return self.call("POST", f"/alerts/{quote(str(alert_id), safe='')}/comments", asked)

    def alerts_act(self, **asked: Any) -> Any:
        """One command for up to 1,000 alerts; all of them are changed or none."""
        return self.call("POST", "/alerts/actions", asked)

    def alerts_undo(self, action_id: int, **asked: Any) -> Any:
        """Put back what one's own action changed a moment ago, except what somebody changed since."""
        return self.call("POST", f"/alerts/actions/{quote(str(action_id), safe='')}/undo", asked)

    def silences_listed(self, **asked: Any) -> Any:
        """Silences that last, begin later or ended in the last month, the newest first."""
        return self.call("GET", "/silences", asked)

    def silences_add(self, **asked: Any) -> Any:
        """Hide alerts for a time. They are still detected and counted."""
        return self.call("POST", "/silences", asked)

    def silences_lift(self, silence_id: int, **asked: Any) -> Any:
        """End it: what it hid is shown again."""
        return self.call("POST", f"/silences/{quote(str(silence_id), safe='')}/lift", asked)

    def reports_overview(self, **asked: Any) -> Any:
        """Today's occupancy and yesterday's figures, each beside what is usual."""
        return self.call("GET", "/reports/overview", asked)

    def reports_running_low(self, **asked: Any) -> Any:
        """Products likely to run out within a week or at their critical level, the most urgent first."""
        return self.call("GET", "/reports/overview/running-low", asked)

    def reports_consumption(self, **asked: Any) -> Any:
        """What was consumed: totals beside the period before, trend, floors by day, products, room types, occupancy."""
        return self.call("GET", "/reports/consumption", asked)

    def reports_consumption_places(self, **asked: Any) -> Any:
        """The floors, room types and products of a hotel, by whose codes reports can be narrowed."""
        return self.call("GET", "/reports/consumption/places", asked)

    def reports_rooms(self, **asked: Any) -> Any:
        """What each room used."""
        return self.call("GET", "/reports/rooms", asked)

    def reports_room(self, number: str, **asked: Any) -> Any:
        """One room by day beside the other rooms of its type."""
        return self.call("GET", f"/reports/rooms/{quote(str(number), safe='')}", asked)

    def reports_refills(self, **asked: Any) -> Any:
        """Refill times: totals beside the period before, trend, attendants, floors, rooms a day."""
        return self.call("GET", "/reports/refills", asked)

    def reports_refill_places(self, **asked: Any) -> Any:
        """The floors and attendants by whose codes refill times can be narrowed."""
        return self.call("GET", "/reports/refills/places", asked)

    def reports_stock(self, **asked: Any) -> Any:
        """The central store: levels, movements by kind, value at cost, counts beside the books."""
        return self.call("GET", "/reports/stock", asked)

    def reports_product_stock(self, code: str, **asked: Any) -> Any:
        """One product: its level after every movement, and its outflow by day beside what was expected."""
        return self.call("GET", f"/reports/stock/{quote(str(code), safe='')}", asked)

    def reports_custody(self, **asked: Any) -> Any:
        """What each attendant was given, used, brought back and wrote off, and what is still out."""
        return self.call("GET", "/reports/custody", asked)

    def forecasts_run_outs(self, **asked: Any) -> Any:
        """When each product is empty, with its interval and probability."""
        return self.call("GET", "/ml/forecasts", asked)

    def forecasts_orders(self, **asked: Any) -> Any:
        """What to order at a service level, what is due first."""
        return self.call("GET", "/ml/forecasts/orders", asked)

    def forecasts_methods(self, **asked: Any) -> Any:
        """The methods of the newest back-test beside each other: days ahead (1) or totals of a week (7)."""
        return self.call("GET", "/ml/forecasts/methods", asked)

    def forecasts_outcomes(self, **asked: Any) -> Any:
        """The forecasts of the last four weeks beside what happened: all products, and one."""
        return self.call("GET", "/ml/forecasts/outcomes", asked)

    def forecasts_product(self, product_id: int, **asked: Any) -> Any:
        """Four past weeks and the forecast of one product, and its shelf if nothing is delivered."""
        return self.call("GET", f"/ml/forecasts/products/{quote(str(product_id), safe='')}", asked)

    def metrics_types(self, **asked: Any) -> Any:
        """Everything that is measured: of whom, in which unit, how often, and which alert it raises."""
        return self.call("GET", "/ml/metrics/types", asked)

    def metrics_values(self, **asked: Any) -> Any:
        """What was measured, by the end of its interval; the thousandth page comes as quickly as the first."""
        return self.call("GET", "/ml/metrics/values", asked)

    def metrics_post_points(self, **asked: Any) -> Any:
        """Points of any series of the hotel's own: they are collected, judged and alert as ``ozel_seri``."""
        return self.call("POST", "/ml/metrics/points", asked)

    def models_models(self, **asked: Any) -> Any:
        """Every version with its state and size, the active one of each kind first."""
        return self.call("GET", "/ml/models", asked)

    def models_history(self, **asked: Any) -> Any:
        """Which version was in use from when to when and why; the newest fifty."""
        return self.call("GET", "/ml/models/history", asked)

    def models_performance(self, **asked: Any) -> Any:
        """How right detection was, by metric type: from verdicts and from planted anomalies, with intervals."""
        return self.call("GET", "/ml/performance", asked)

    def models_performance_history(self, **asked: Any) -> Any:
        """What was measured of one metric type in 180 days."""
        return self.call("GET", "/ml/performance/history", asked)

    def models_trainings(self, **asked: Any) -> Any:
        """What training did and why, the newest first."""
        return self.call("GET", "/ml/trainings", asked)

    def models_features(self, **asked: Any) -> Any:
        """Missing, constant, alike and drifted features, and how much each counts for the forest in use."""
        return self.call("GET", "/ml/features", asked)

    def models_comparisons(self, **asked: Any) -> Any:
        """Comparisons of versions, done and waiting; the newest fifty."""
        return self.call("GET", "/ml/comparisons", asked)

    def models_compare(self, **asked: Any) -> Any:
        """Ask the sidecar to compare two versions of one kind."""
        return self.call("POST", "/ml/comparisons", asked)

    def models_comparison(self, comparison_id: int, **asked: Any) -> Any:
        """What the challenger would have raised beside what the champion would have."""
        return self.call("GET", f"/ml/comparisons/{quote(str(comparison_id), safe='')}", asked)

    def thresholds_current(self, **asked: Any) -> Any:
        """The settings in force, by metric type."""
        return self.call("GET", "/ml/thresholds", asked)

    def thresholds_save(self, **asked: Any) -> Any:
        """A new version: what is in force, with the changes that are named."""
        return self.call("POST", "/ml/thresholds", asked)

    def thresholds_history(self, **asked: Any) -> Any:
        """Every saved version, the newest first."""
        return self.call("GET", "/ml/thresholds/history", asked)

    def thresholds_preview(self, **asked: Any) -> Any:
        """What other settings would have raised in the last days, beside those in force; nothing is saved."""
        return self.call("POST", "/ml/thresholds/preview", asked)

    def thresholds_rollback(self, **asked: Any) -> Any:
        """A new version that says what an older one said."""
        return self.call("POST", "/ml/thresholds/rollback", asked)

    def quality_kpis(self, **asked: Any) -> Any:
        """The quality figures of a hotel with their goals, as the page Data quality shows them."""
        return self.call("GET", "/quality", asked)

    def quality_sources(self, **asked: Any) -> Any:
        """Every source of a hotel with gaps, duplicates, coverage and freshness, and what is unknown without it."""
        return self.call("GET", "/sources/quality", asked)

    def jobs_runs(self, **asked: Any) -> Any:
        """Runs, the newest first."""
        return self.call("GET", "/jobs/runs", asked)

    def jobs_active(self, **asked: Any) -> Any:
        """What runs now."""
        return self.call("GET", "/jobs/runs/active", asked)

    def jobs_one(self, run_id: int, **asked: Any) -> Any:
        """One run with its result, or what it said when it failed."""
        return self.call("GET", f"/jobs/runs/{quote(str(run_id), safe='')}", asked)

    def jobs_cancel(self, run_id: int, **asked: Any) -> Any:
        """Have a run ended: its process is stopped, then the run's state says ``cancelled``."""
        return self.call("POST", f"/jobs/runs/{quote(str(run_id), safe='')}/cancel", asked)

    def jobs_retry(self, run_id: int, **asked: Any) -> Any:
        """Ask once more for a run that ended badly, with the same arguments; the id of the request."""
        return self.call("POST", f"/jobs/runs/{quote(str(run_id), safe='')}/retry", asked)

    def jobs_figures(self, **asked: Any) -> Any:
        """Success rate and mean duration of the last 24 hours."""
        return self.call("GET", "/jobs/figures", asked)

    def jobs_estimates(self, **asked: Any) -> Any:
        """When what runs will have ended, by the history of such runs; runs with too little history are left out."""
        return self.call("GET", "/jobs/estimates", asked)

    def jobs_timetable(self, **asked: Any) -> Any:
        """Every job that is due by itself, with what is usual for it and its pause."""
        return self.call("GET", "/jobs/timetable", asked)

    def jobs_stale(self, **asked: Any) -> Any:
        """Data that are old because a run failed, was missed or pauses."""
        return self.call("GET", "/jobs/stale", asked)

    def jobs_day(self, on: str, **asked: Any) -> Any:
        """The runs of a day, and what was missed, late, too fast or empty."""
        return self.call("GET", f"/jobs/days/{quote(str(on), safe='')}", asked)

    def jobs_pauses(self, **asked: Any) -> Any:
        """What the timetable leaves out now."""
        return self.call("GET", "/jobs/pauses", asked)

    def jobs_pause(self, **asked: Any) -> Any:
        """Have the timetable leave a job out, in one hotel or everywhere."""
        return self.call("POST", "/jobs/pauses", asked)

    def jobs_resume(self, pause_id: int, **asked: Any) -> Any:
        """One run makes up for what was left out."""
        return self.call("POST", f"/jobs/pauses/{quote(str(pause_id), safe='')}/resume", asked)

    def jobs_take_back(self, request_id: int, **asked: Any) -> Any:
        """Take back what waits."""
        return self.call("POST", f"/jobs/requests/{quote(str(request_id), safe='')}/cancel", asked)

    def jobs_pending(self, **asked: Any) -> Any:
        """What was asked for and has not begun, the oldest first."""
        return self.call("GET", "/jobs/requests", asked)

    def jobs_ask(self, **asked: Any) -> Any:
        """Ask the sidecar for a run in one hotel or in all of the caller's."""
        return self.call("POST", "/jobs/requests", asked)

    def jobs_state(self, job: str, **asked: Any) -> Any:
        """How far one job is in one hotel."""
        return self.call("GET", f"/jobs/{quote(str(job), safe='')}/state", asked)

    def request_metrics_requests(self, **asked: Any) -> Any:
        """Endpoints of the API, or pages, with count, mean, percentiles and errors over a period."""
        return self.call("GET", "/metrics/requests", asked)

    def redis_status(self, **asked: Any) -> Any:
        """How the server is; a server that is away is an answer too, with since when."""
        return self.call("GET", "/redis/status", asked)

    def redis_keys(self, **asked: Any) -> Any:
        """Keys by pattern with their memory, from a look at 2,000 of them at most; 503 while the server is away."""
        return self.call("GET", "/redis/keys", asked)

    def redis_slow_log(self, **asked: Any) -> Any:
        """The newest 50 entries of the server's slow log; 503 while it is away."""
        return self.call("GET", "/redis/slow-log", asked)

    def redis_clients(self, **asked: Any) -> Any:
        """Who is connected; 503 while the server is away."""
        return self.call("GET", "/redis/clients", asked)

    def redis_history(self, **asked: Any) -> Any:
        """Memory and keys over a period, and when the server was away."""
        return self.call("GET", "/redis/history", asked)

    def redis_comparison(self, **asked: Any) -> Any:
        """Now against a snapshot of an hour, a day or a week ago."""
        return self.call("GET", "/redis/comparison", asked)

    def backup_parts(self, **asked: Any) -> Any:
        """The last comparison of parts with now, and what can be undone."""
        return self.call("GET", "/backup/parts", asked)

    def backup_preview_undo(self, restore_id: int, **asked: Any) -> Any:
        """What undoing this restore of parts would change, and what stays since somebody decided otherwise."""
        return self.call("GET", f"/backup/parts/{quote(str(restore_id), safe='')}/undo", asked)

    def backup_undo_parts(self, restore_id: int, **asked: Any) -> Any:
        """Take a restore of parts back, except where somebody decided otherwise since."""
        return self.call("POST", f"/backup/parts/{quote(str(restore_id), safe='')}/undo", asked)

    def backup_compare_parts(self, name: str, **asked: Any) -> Any:
        """Ask what putting these parts back would change; `GET /backup/parts` has the answer when the work is done."""
        return self.call("POST", f"/backup/{quote(str(name), safe='')}/parts/comparison", asked)

    def backup_restore_parts(self, name: str, **asked: Any) -> Any:
        """Ask for these parts to be put back after a safety copy; every other table stays as it is."""
        return self.call("POST", f"/backup/{quote(str(name), safe='')}/parts/restore", asked)

    def backup_listed(self, **asked: Any) -> Any:
        """Every backup, the room for more, and what could be undone."""
        return self.call("GET", "/backup", asked)

    def backup_create(self, **asked: Any) -> Any:
        """Ask for a backup, which is proven when it was made."""
        return self.call("POST", "/backup", asked)

    def backup_work(self, **asked: Any) -> Any:
        """How far the work is that somebody asked for."""
        return self.call("GET", "/backup/work", asked)

    def backup_undo(self, **asked: Any) -> Any:
        """Ask for the state before the last restore."""
        return self.call("POST", "/backup/undo", asked)

    def backup_one(self, name: str, **asked: Any) -> Any:
        """One backup with its last proof."""
        return self.call("GET", f"/backup/{quote(str(name), safe='')}", asked)

    def backup_preview(self, name: str, **asked: Any) -> Any:
        """What a restore would lose and gain, table by table."""
        return self.call("GET", f"/backup/{quote(str(name), safe='')}/preview", asked)

    def backup_file(self, name: str, **asked: Any) -> Any:
        """The archive, encrypted as it is, or the part that `Range` names; noted in the audit log."""
        return self.call("GET", f"/backup/{quote(str(name), safe='')}/file", asked)

    def backup_prove(self, name: str, **asked: Any) -> Any:
        """Ask for a proof: it is restored into a scratch database and compared."""
        return self.call("POST", f"/backup/{quote(str(name), safe='')}/proof", asked)

    def backup_restore(self, name: str, **asked: Any) -> Any:
        """Ask for the backup to take the place of the present state; a safety copy is made first."""
        return self.call("POST", f"/backup/{quote(str(name), safe='')}/restore", asked)

    def backup_delete(self, name: str, **asked: Any) -> Any:
        """Delete one backup for good."""
        return self.call("POST", f"/backup/{quote(str(name), safe='')}/delete", asked)

    def archive_overview(self, **asked: Any) -> Any:
        """Files by month, what was brought back, every row or file that is not as it was written, a folder not ours."""
        return self.call("GET", "/archive", asked)

    def archive_days(self, **asked: Any) -> Any:
        """A metric by hotel-local day, read across the border between database and archive."""
        return self.call("GET", "/archive/days", asked)

    def archive_preview(self, **asked: Any) -> Any:
        """How much bringing these days back would read."""
        return self.call("GET", "/archive/preview", asked)

    def archive_bring_back(self, **asked: Any) -> Any:
        """Ask for the rows of these days to come back into the database for a while."""
        return self.call("POST", "/archive/bring-back", asked)

    def archive_send_away(self, hold_id: int, **asked: Any) -> Any:
        """Ask for what was brought back to leave again."""
        return self.call("POST", f"/archive/holds/{quote(str(hold_id), safe='')}/return", asked)

    def archive_adopt(self, **asked: Any) -> Any:
        """Make the archive's folder this installation's, as it is; for those who may write every hotel's archive."""
        return self.call("POST", "/archive/adopt", asked)

    def archive_verify(self, **asked: Any) -> Any:
        """Ask for every row and file of a hotel to be compared with what was written."""
        return self.call("POST", "/archive/verify", asked)

    def cache_stats(self, **asked: Any) -> Any:
        """How reads were answered over a period, by namespace."""
        return self.call("GET", "/cache/stats", asked)

    def cache_history(self, **asked: Any) -> Any:
        """The hit ratio of each namespace over time."""
        return self.call("GET", "/cache/history", asked)

    def cache_keys(self, **asked: Any) -> Any:
        """Keys with size and TTL, from a look at 2,000 at most; 503 while Redis is away."""
        return self.call("GET", "/cache/keys", asked)

    def cache_entry(self, **asked: Any) -> Any:
        """What is kept under one key, of hotels that the caller sees."""
        return self.call("GET", "/cache/entry", asked)

    def cache_delete(self, **asked: Any) -> Any:
        """Forget one key; the next read fills it anew."""
        return self.call("POST", "/cache/delete", asked)

    def cache_clear(self, **asked: Any) -> Any:
        """Forget every key of a namespace, and nothing else on the server."""
        return self.call("POST", "/cache/clear", asked)

    def logs_stream(self, last_event_id: str | None = None, **asked: Any) -> Iterator[dict[str, Any]]:
        """New lines as server-sent events, from now or from a place on."""
        return self.events("/logs/stream", asked, last_event_id)

    def logs_lines(self, **asked: Any) -> Any:
        """Lines of all processes, the newest first; a search ends after two seconds and tells how far it went."""
        return self.call("GET", "/logs", asked)

    def logs_newer(self, **asked: Any) -> Any:
        """The newest 100 lines since `newest` of an answer; a `next_cursor` tells that more are left out."""
        return self.call("GET", "/logs/newer", asked)

    def logs_line(self, line_id: str, **asked: Any) -> Any:
        """One line, and what its process wrote before and after it."""
        return self.call("GET", f"/logs/lines/{quote(str(line_id), safe='')}", asked)

    def logs_statistics(self, **asked: Any) -> Any:
        """Lines by time and level, masked secrets, patterns and which of them are new in this version."""
        return self.call("GET", "/logs/statistics", asked)

    def logs_export(self, **asked: Any) -> Any:
        """What is filtered as JSON or text, at most 20,000 lines; noted in the audit log."""
        return self.call("POST", "/logs/exports", asked)

    def profiler_listed(self, **asked: Any) -> Any:
        """The newest fifty, the one that runs with its figures so far first."""
        return self.call("GET", "/profiler/profiles", asked)

    def profiler_start(self, **asked: Any) -> Any:
        """Ask for a profile; 409 while another one waits or runs."""
        return self.call("POST", "/profiler/profiles", asked)

    def profiler_one(self, profile_id: int, **asked: Any) -> Any:
        """One profile: its hottest functions, or the lines whose memory grew; both empty until it has ended well."""
        return self.call("GET", f"/profiler/profiles/{quote(str(profile_id), safe='')}", asked)

    def profiler_delete(self, profile_id: int, **asked: Any) -> Any:
        """Delete one that has ended; 404 when it still runs."""
        return self.call("DELETE", f"/profiler/profiles/{quote(str(profile_id), safe='')}", asked)

    def profiler_export(self, profile_id: int, **asked: Any) -> Any:
        """All that is kept of it."""
        return self.call("GET", f"/profiler/profiles/{quote(str(profile_id), safe='')}/export", asked)

    def profiler_speedscope(self, profile_id: int, **asked: Any) -> Any:
        """The file for https://www.speedscope.app; 404 when it is no profile of time that ended well."""
        return self.call("GET", f"/profiler/profiles/{quote(str(profile_id), safe='')}/speedscope", asked)

    def profiler_comparison(self, **asked: Any) -> Any:
        """Functions whose share of the time changed the most; 404 when one is no profile of time that ended well."""
        return self.call("GET", "/profiler/comparison", asked)

    def profiler_stop(self, profile_id: int, **asked: Any) -> Any:
        """End it now and keep what was measured; 409 when it has ended or somebody was faster."""
        return self.call("POST", f"/profiler/profiles/{quote(str(profile_id), safe='')}/stop", asked)

    def memory_processes(self, **asked: Any) -> Any:
        """Those that told of themselves lately first."""
        return self.call("GET", "/memory/processes", asked)

    def memory_history(self, **asked: Any) -> Any:
        """The most of each step, by service; only steps with a sample."""
        return self.call("GET", "/memory/history", asked)

    def memory_events(self, **asked: Any) -> Any:
        """The newest 50."""
        return self.call("GET", "/memory/events", asked)

    def queries_statistics(self, **asked: Any) -> Any:
        """Totals, the ten slowest by mean and the first hundred by ``order``; or which statement turns them on."""
        return self.call("GET", "/queries/statistics", asked)

    def queries_course(self, **asked: Any) -> Any:
        """Seconds and calls of all statements by the hour, in 30 days by six hours."""
        return self.call("GET", "/queries/course", asked)

    def queries_recent(self, **asked: Any) -> Any:
        """The newest or slowest hundred statements of every process, written every ten seconds."""
        return self.call("GET", "/queries/recent", asked)

    def queries_now(self, **asked: Any) -> Any:
        """What runs at this moment, the longest first, and who waits for whom."""
        return self.call("GET", "/queries/now", asked)

    def queries_locks(self, **asked: Any) -> Any:
        """The newest hundred transactions of the period for which others waited a second or longer, and by time."""
        return self.call("GET", "/queries/locks", asked)

    def queries_cancel(self, **asked: Any) -> Any:
        """End that statement; 409 when it has ended meanwhile or somebody else ended it."""
        return self.call("POST", "/queries/cancel", asked)

    def queries_explain(self, **asked: Any) -> Any:
        """How the server would execute one statement, with advice and indexes tried without making them."""
        return self.call("POST", "/queries/explain", asked)

    def queries_keep(self, **asked: Any) -> Any:
        """Make the plan of one statement and keep it, without its values; of all the newest five hundred stay."""
        return self.call("POST", "/queries/plans", asked)

    def queries_kept(self, **asked: Any) -> Any:
        """The newest hundred kept plans, of one statement or of all."""
        return self.call("GET", "/queries/plans", asked)

    def queries_comparison(self, **asked: Any) -> Any:
        """Two kept plans step by step, and in what they differ."""
        return self.call("GET", "/queries/plans/comparison", asked)

    def queries_tables(self, **asked: Any) -> Any:
        """Indexes that nobody reads or that are there twice, and tables full of dead rows."""
        return self.call("GET", "/queries/tables", asked)

    def config_shown(self, **asked: Any) -> Any:
        """Every setting with its value in the serving process and where that comes from."""
        return self.call("GET", "/config", asked)

    def config_check(self, **asked: Any) -> Any:
        """Everything that is wrong with a text, by lines, and what it would change; nothing is saved."""
        return self.call("POST", "/config/check", asked)

    def config_versions(self, **asked: Any) -> Any:
        """The newest hundred; with ``key`` those that changed this setting."""
        return self.call("GET", "/config/versions", asked)

    def config_save(self, **asked: Any) -> Any:
        """422 with every wrong line; 409 when somebody else saved meanwhile."""
        return self.call("POST", "/config/versions", asked)

    def config_difference(self, version_id: int, **asked: Any) -> Any:
        """Against the version before it."""
        return self.call("GET", f"/config/versions/{quote(str(version_id), safe='')}/difference", asked)

    def config_rollback(self, version_id: int, **asked: Any) -> Any:
        """A new version with the text of this one; 0: without any setting."""
        return self.call("POST", f"/config/versions/{quote(str(version_id), safe='')}/rollback", asked)

    def hotels_listed(self, **asked: Any) -> Any:
        """Hotels by name; every other route speaks of them by id."""
        return self.call("GET", "/hotels", asked)

    def api_keys_listed(self, **asked: Any) -> Any:
        """One's own keys, ended ones too, the newest first; a superadmin sees everybody's."""
        return self.call("GET", "/api-keys", asked)

    def api_keys_create(self, **asked: Any) -> Any:
        """A key of one's own with some of one's own permissions. Keys cannot make keys."""
        return self.call("POST", "/api-keys", asked)

    def api_keys_revoke(self, key_id: int, **asked: Any) -> Any:
        """End a key at once."""
        return self.call("POST", f"/api-keys/{quote(str(key_id), safe='')}/revoke", asked)

    def users_listed(self, **asked: Any) -> Any:
        """The users of the caller's hotels."""
        return self.call("GET", "/users", asked)

    def users_invite(self, **asked: Any) -> Any:
        """Add a user without a password; the answer holds the link with which they choose one."""
        return self.call("POST", "/users", asked)

    def users_change(self, user_id: int, **asked: Any) -> Any:
        """Name, address of mails, role and hotels; nobody gives more than they have."""
        return self.call("POST", f"/users/{quote(str(user_id), safe='')}/change", asked)

    def users_disable(self, user_id: int, **asked: Any) -> Any:
        """End every session and token of the user and let nobody sign in as them."""
        return self.call("POST", f"/users/{quote(str(user_id), safe='')}/disable", asked)

    def users_enable(self, user_id: int, **asked: Any) -> Any:
        """Let the user sign in again."""
        return self.call("POST", f"/users/{quote(str(user_id), safe='')}/enable", asked)

    def users_unlock(self, user_id: int, **asked: Any) -> Any:
        """Forget failed attempts."""
        return self.call("POST", f"/users/{quote(str(user_id), safe='')}/unlock", asked)

    def users_new_link(self, user_id: int, **asked: Any) -> Any:
        """A link to choose a password; earlier ones end."""
        return self.call("POST", f"/users/{quote(str(user_id), safe='')}/link", asked)

    def users_mail_link(self, user_id: int, **asked: Any) -> Any:
        """Mail the user a link to choose a password; earlier ones end."""
        return self.call("POST", f"/users/{quote(str(user_id), safe='')}/link/mail", asked)

    def users_audit(self, **asked: Any) -> Any:
        """Entries of the audit log, the newest first."""
        return self.call("GET", "/audit", asked)

    def auth_token(self, **asked: Any) -> Any:
        """Sign in: an access token of ten minutes and a refresh token."""
        return self.call("POST", "/auth/token", asked)

    def auth_refresh(self, **asked: Any) -> Any:
        """New tokens for a refresh token. It works once; using it again ends the sign-in it came of."""
        return self.call("POST", "/auth/refresh", asked)

    def auth_revoke(self, **asked: Any) -> Any:
        """End a token; the answer is the same whether it lived or not (RFC 7009)."""
        return self.call("POST", "/auth/revoke", asked)

    def auth_logout(self, **asked: Any) -> Any:
        """End the sign-in that the access token belongs to, with all of its tokens."""
        return self.call("POST", "/auth/logout", asked)

    def auth_keys(self, **asked: Any) -> Any:
        """The public keys that access tokens are signed with."""
        return self.call("GET", "/.well-known/jwks.json", asked)

    def health_health(self, **asked: Any) -> Any:
        """200 while people can work (``ok`` or ``degraded``), 503 when the database is away. Needs no credential."""
        return self.call("GET", "/health", asked)
