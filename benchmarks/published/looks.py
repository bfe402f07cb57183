"""Tables of how results look: by method, by judge, where judges disagree, and where a peer is better."""

from typing import Any

from benchmarks.judges import JUDGES
from benchmarks.look.agreement import agreement
from benchmarks.look.losses import counts, find_losses
from benchmarks.look.methods import DITHERED, UNDITHERED
from benchmarks.pictures import PHOTOGRAPHS
from benchmarks.published.parts import NAMES, Table, grouped, mean_known, pictures_of, rounded

LOOK_FORMATS = {"ssimulacra2": ".1f", "butteraugli_3norm": ".2f", "blurred_error": ".2f"}


def look_table(record: dict[str, Any], judge: str) -> Table:
    """Means of one judge, by method and number of colours."""
    scored = photographs(record)
    rows = []
    for method, own in grouped(scored, "method").items():
        means = [mean_known(r["scores"].get(judge) for r in same) for same in grouped(own, "n_colors").values()]
        cells = ["-" if mean is None else f"{mean:{LOOK_FORMATS[judge]}}" for mean in means]
        rows.append([NAMES.get(method, method), *cells])
    header = [f"pictures: {pictures_of(scored)}", *(f"{n} colours" for n in grouped(scored, "n_colors"))]
    return Table(header, rows, "look")


def photographs(record: dict[str, Any]) -> list[dict[str, Any]]:
    return [r for r in record["results"]["scores"] if r["kind"] == PHOTOGRAPHS]


JUDGED_COLORS = 64
LIKENESS = [judge for judge in JUDGES if judge.better]


def judged_table(record: dict[str, Any]) -> Table:
    """Means of all judges, at one number of colours."""
    rows = []
    own_rows = [r for r in photographs(record) if r["n_colors"] == JUDGED_COLORS]
    for method, own in grouped(own_rows, "method").items():
        means = [mean_known(r["scores"].get(judge.key) for r in own) for judge in JUDGES]
        rows.append([NAMES.get(method, method), *("-" if value is None else rounded(value) for value in means)])
    header = [f"pictures: {pictures_of(own_rows)}, {JUDGED_COLORS} colours", *(judge.title for judge in JUDGES)]
    return Table(header, rows, "look")


def agreement_table(record: dict[str, Any]) -> Table:
    """How alike judges order methods: rank correlation, the mean over pictures and palette sizes."""
    rows = []
    for kind, own in grouped(record["results"]["scores"], "kind").items():
        known = agreement(own)
        for one in LIKENESS:
            cells = [f"{known[one.key, other.key]:.2f}" if (one.key, other.key) in known else "-" for other in LIKENESS]
            rows.append([f"{kind}: {one.title}", *cells])
    return Table(["rank correlation", *(judge.title for judge in LIKENESS)], rows, "look")


def losses_table(record: dict[str, Any]) -> Table:
    """Of how many pictures the best of the peers is better, by each judge."""
    rows = []
    for (kind, n_colors), own in grouped(record["results"]["scores"], "kind", "n_colors").items():
        losses = [loss for loss in find_losses(own) if counts(loss)]
        for method in (DITHERED, UNDITHERED):
            n_pictures = sum(r["method"] == method for r in own)
            lost = [
                sum((loss["method"], loss["judge"]) == (method, judge.key) for loss in losses) for judge in LIKENESS
            ]
            rows.append([f"{NAMES[method]}, {kind}", str(n_colors), str(n_pictures), *map(str, lost)])
    return Table(["ours", "colours", "pictures", *(judge.title for judge in LIKENESS)], rows, "look")
