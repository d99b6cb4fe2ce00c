"""What a profile says: hottest functions, the tree of calls, two profiles side by side, the file for speedscope.

Pure functions on stacks as they are kept: ``{"frames": [[function, file, line], …], "stacks": [[[frame, …],
elapsed seconds, CPU seconds, samples], …], "calls": [calls of each frame]}``.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from operations.profiler.sampling import Frame, Sampler

By = Literal["cpu", "elapsed"]
ELAPSED, CPU = 1, 2  # places in a stored stack
MOST_STACKS = 3_000
LEAST_SHARE = 0.005  # of the whole: smaller boxes of the tree cannot be seen
OWN_FOLDERS = ("api", "commands", "core", "db", "identity", "operations", "pages", "pipeline", "reports", "sources")
OWN_FILES = ("Home.py", "asgi.py", "services.py", "scheduler_service.py", "manage.py")
SPEEDSCOPE = "https://www.speedscope.app/file-format-schema.json"


@dataclass(frozen=True)
class Function:
    """One function: seconds in itself and with what it called; at least ``calls`` were seen.

    ``self_ratio``: its own seconds among those of the whole profile.
    """

    name: str
    file: str
    line: int
    calls: int
    self_seconds: float
    total_seconds: float
    self_ratio: float


@dataclass(frozen=True)
class Box:
    """One box of the flame graph; ``parent`` is the id of the box above it, '' at the root.

    ``is_own``: of the project, not of a library.
    """

    id: str
    parent: str
    name: str
    file: str
    line: int
    seconds: float
    is_own: bool


@dataclass(frozen=True)
class FunctionChange:
    """A function in two profiles: its share of all the time of each, between 0 and 1."""

    name: str
    file: str
    before_ratio: float
    after_ratio: float


def stored(sampler: Sampler, root: Path) -> dict[str, Any]:
    """The sampler's stacks as JSON; the heaviest are kept. Files are told from the project's root or the library's."""
    heaviest = sorted(sampler.stacks.items(), key=lambda one: (-one[1].cpu_seconds, -one[1].elapsed_seconds))
    numbers: dict[Frame, int] = {}
    stacks = []
    for stack, took in heaviest[:MOST_STACKS]:
        places = [numbers.setdefault(frame, len(numbers)) for frame in stack]
        stacks.append([places, round(took.elapsed_seconds, 4), round(took.cpu_seconds, 6), took.samples])
    frames = [[_told_name(name, file), told_file(file, root), line] for name, file, line in numbers]
    return {"frames": frames, "stacks": stacks, "calls": [sampler.calls.get(frame, 0) for frame in numbers]}


def _told_name(name: str, file: str) -> str:
    """What runs a file, as a page is run, is named by it."""
    return Path(file).name if name == "<module>" else name


def told_file(path: str, root: Path) -> str:
    """A short name of a source file: from the project's root, or from the folder of libraries."""
    for folder in ("site-packages/", "dist-packages/"):
        if folder in path:
            return path.rpartition(folder)[2]
    inside = Path(path)
    return str(inside.relative_to(root)) if inside.is_relative_to(root) else path.rpartition("/lib/")[2] or path


def is_own(file: str) -> bool:
    """Whether a file as ``told_file`` tells it is the project's."""
    return file.split("/", 1)[0] in OWN_FOLDERS or file in OWN_FILES


def seconds(profile: Mapping[str, Any], by: By) -> float:
    """All of them."""
    return float(sum(stack[_place(by)] for stack in profile["stacks"]))


def hottest(profile: Mapping[str, Any], by: By, limit: int = 50) -> list[Function]:
    """The functions with the most seconds of their own first; one that calls itself counts once a stack."""
    frames, calls = profile["frames"], profile["calls"]
    own, total = [0.0] * len(frames), [0.0] * len(frames)
    for stack in profile["stacks"]:
        places, took = stack[0], stack[_place(by)]
        if not places:
            continue
        own[places[-1]] += took
        for place in set(places):
            total[place] += took
    order = sorted(range(len(frames)), key=lambda place: (-own[place], -total[place]))
    seen = [place for place in order if total[place] > 0][:limit]
    whole = seconds(profile, by)
    return [_function(frames[place], calls[place], own[place], total[place], whole) for place in seen]


def flame(profile: Mapping[str, Any], by: By) -> list[Box]:
    """The tree of calls from the root down; a box's seconds hold its children's.

    Of calls within a library the first one stands for all, and boxes below half a per cent are left out: what is left
    can be read. The file for speedscope has everything.
    """
    frames, whole = profile["frames"], seconds(profile, by)
    if whole <= 0:
        return []
    own = [is_own(file) for _, file, _ in frames]
    boxes: dict[str, Box] = {}
    for stack in profile["stacks"]:
        took, parent, was_own = stack[_place(by)], "", True
        for place in stack[0]:
            is_inside, was_own = not (own[place] or was_own), own[place]
            if is_inside:
                continue
            box_id = f"{parent}/{place}"
            known = boxes.get(box_id)
            boxes[box_id] = (
                replace(known, seconds=known.seconds + took)
                if known
                else _box(box_id, parent, frames[place], took, own[place])
            )
            parent = box_id
    return [box for box in boxes.values() if box.seconds >= LEAST_SHARE * whole]


def changes(before: Mapping[str, Any], after: Mapping[str, Any], by: By, limit: int = 20) -> list[FunctionChange]:
    """Functions whose own share of the time changed the most, by name and file: lines move between versions."""
    shares = [_shares(before, by), _shares(after, by)]
    both = {
        key: FunctionChange(*key, shares[0].get(key, 0.0), shares[1].get(key, 0.0))
        for key in {**shares[0], **shares[1]}
    }
    order = sorted(both.values(), key=lambda one: (-abs(one.after_ratio - one.before_ratio), one.name))
    return order[:limit]


def speedscope(profile: Mapping[str, Any], name: str, version: str) -> dict[str, Any]:
    """The profile in speedscope's file format (its ``sampled`` type), processor and elapsed time side by side."""
    frames = [{"name": function, "file": file, "line": line} for function, file, line in profile["frames"]]
    return {
        "$schema": SPEEDSCOPE,
        "shared": {"frames": frames},
        "profiles": [_sampled(profile, by) for by in ("cpu", "elapsed")],
        "name": name,
        "activeProfileIndex": 0,
        "exporter": f"barometer@{version}",
    }


def _function(frame: Sequence[Any], calls: int, own: float, total: float, whole: float) -> Function:
    name, file, line = frame
    return Function(name, file, line, calls, own, total, own / whole)


def _box(box_id: str, parent: str, frame: Sequence[Any], took: float, own: bool) -> Box:
    name, file, line = frame
    return Box(box_id, parent, name, file, line, took, own)


def _sampled(profile: Mapping[str, Any], by: Any) -> dict[str, Any]:
    weights = [stack[_place(by)] for stack in profile["stacks"]]
    return {
        "type": "sampled", "name": by, "unit": "seconds", "startValue": 0, "endValue": sum(weights),
        "samples": [stack[0] for stack in profile["stacks"]], "weights": weights,
    }  # fmt: skip


def _shares(profile: Mapping[str, Any], by: By) -> dict[tuple[str, str], float]:
    whole, found = seconds(profile, by), dict[tuple[str, str], float]()
    frames: Sequence[Any] = profile["frames"]
    for stack in profile["stacks"]:
        if stack[0] and whole:
            name, file, _ = frames[stack[0][-1]]
            found[name, file] = found.get((name, file), 0.0) + stack[_place(by)] / whole
    return found


def _place(by: By) -> int:
    return CPU if by == "cpu" else ELAPSED
