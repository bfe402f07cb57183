"""Where ours is worse than the best of its peers: each picture, by each judge."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from benchmarks.groups import group
from benchmarks.judges import BY_KEY, JUDGES, Judge
from benchmarks.look.methods import AUTO, DITHERED, METHODS, OURS, UNDITHERED
from benchmarks.tables import print_table

Row = dict[str, Any]
PEERS = {
    DITHERED: [method.name for method in METHODS if method.dithered and method.name not in OURS],
    UNDITHERED: [method.name for method in METHODS if method.dithered is False and method.name not in OURS],
    AUTO: [method.name for method in METHODS if method.name not in OURS],
}
LOST_POINTS, LOST_SHARE = 0.5, 0.03  # what counts as lost, not as noise


def find_losses(rows: Iterable[Row], peers: Mapping[str, list[str]] = PEERS) -> list[Row]:
    """A row for each picture, palette size, background, method of ours and judge by which one of `peers` is better.

    `lost` is by how much: points for judges whose higher values are better, else a share of the peer's value.
    """
    losses = []
    for (kind, picture, background, n_colors), own in group(rows, "kind", "picture", "background", "n_colors").items():
        scores = {row["method"]: row["scores"] for row in own}
        for method, others in peers.items():
            for judge in JUDGES if method in scores else ():
                known = {name: scores[name][judge.key] for name in others if judge.key in scores.get(name, ())}
                if judge.better and known and judge.key in scores[method]:
                    peer = max(known, key=lambda name: judge.better * known[name])
                    lost = difference(judge, scores[method][judge.key], known[peer])
                    if lost > 0:
                        losses.append(
                            {
                                "kind": kind,
                                "picture": picture,
                                "background": background,
                                "n_colors": n_colors,
                                "method": method,
                                "judge": judge.key,
                                "peer": peer,
                                "lost": lost,
                            }
                        )
    return losses


def counts(loss: Row) -> bool:
    return loss["lost"] > (LOST_POINTS if BY_KEY[loss["judge"]].better > 0 else LOST_SHARE)


def difference(judge: Judge, ours: float, best: float) -> float:
    if judge.better > 0:
        return best - ours
    return ours / best - 1 if best else float(ours > 0)


def print_losses(losses: list[Row], *, keys: Sequence[str] = ()) -> None:
    """A line for each picture that loses, with what it loses by each judge, or those of `keys`, and to whom."""
    judges = [judge for judge in JUDGES if (judge.key in keys if keys else judge.better)]
    for (kind, method), same in group(losses, "kind", "method").items():
        lines = []
        for (n_colors, picture, background), own in group(same, "n_colors", "picture", "background").items():
            cells = {loss["judge"]: f"{amount(loss)} {loss['peer']}" for loss in own}
            lines.append([picture, background, n_colors, *(cells.get(judge.key) for judge in judges)])
        print_table(
            f"Where {method} is worse than the best of the peers, {kind}: {len(lines)}",
            ["picture", "background", "colours", *(judge.title for judge in judges)],
            lines,
        )


def amount(loss: Row) -> str:
    """Points, or percent."""
    by_points = BY_KEY[loss["judge"]].better > 0
    return f"{loss['lost']:.2f}" if by_points else f"{100 * loss['lost']:.1f} %"
