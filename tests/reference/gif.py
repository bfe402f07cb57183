"""Play a GIF as the specification of GIF89a says, and search as the kernel does, both plainly."""

import struct
from typing import NamedTuple

import numpy as np

KEEP, CLEAR = 1, 2
CLEAR_CODE, END_CODE = "clear", "end"
REACH = 8192 * 3 // 2
SLACK = 6
WATCHED = 256


class Frame(NamedTuple):
    """What the canvas shows (H, W, 4), for how many hundredths of a second, and how it came to that."""

    pixels: np.ndarray
    delay: int
    rectangle: tuple[int, int, int, int]  # left, top, width, height
    transparent: int | None
    disposal: int
    symbol_bits: int
    codes: list
    own_table: np.ndarray | None


class Movie(NamedTuple):
    """Frames, the palette (n, 3) of those without one of their own, and how many times they are shown, 0 for ever."""

    frames: list[Frame]
    table: np.ndarray
    plays: int


def play(data: bytes) -> Movie:
    """Read a file; everything in it must be as the specification wants."""
    assert data[:6] == b"GIF89a"
    width, height, flags, background, aspect = struct.unpack("<HHBBB", data[6:13])
    assert flags & 0x80
    assert (background, aspect) == (0, 0)
    n_colors = 2 << (flags & 7)
    at = 13 + 3 * n_colors
    table = np.frombuffer(data[13:at], np.uint8).reshape(-1, 3)
    canvas = np.zeros((height, width, 4), np.uint8)
    frames, plays, control = [], 1, None
    while data[at : at + 1] != b";":
        if data[at : at + 1] == b"!":
            label, at = data[at + 1], at + 2
            body, at = sub_blocks(data, at)
            if label == 0xFF:
                assert body[:11] == b"NETSCAPE2.0"
                assert not frames
                repeats = struct.unpack("<BH", body[11:])[1]
                plays = repeats + 1 if repeats else 0
            else:
                assert label == 0xF9
                control = struct.unpack("<BHB", body)
            continue
        assert data[at : at + 1] == b","
        left, top, w, h, local = struct.unpack("<HHHHB", data[at + 1 : at + 10])
        assert local & 0x78 == 0
        assert left + w <= width
        assert top + h <= height
        at += 10
        colors = table
        if local:
            colors = np.frombuffer(data[at : at + (6 << (local & 7))], np.uint8).reshape(-1, 3)
            at += 6 << (local & 7)
        symbol_bits = data[at]
        body, at = sub_blocks(data, at + 1)
        codes, symbols = decoded(body, symbol_bits)
        assert len(symbols) == w * h
        flags, delay, transparent = control
        is_drawn = np.array(symbols).reshape(h, w) != (transparent if flags & 1 else -1)
        canvas = canvas.copy()
        part = canvas[top : top + h, left : left + w]
        assert max(np.array(symbols)[is_drawn.ravel()], default=0) < len(colors)
        drawn = colors[np.minimum(symbols, len(colors) - 1)].reshape(h, w, 3)
        part[is_drawn] = np.concatenate([drawn, np.full((h, w, 1), 255, np.uint8)], axis=-1)[is_drawn]
        disposal = flags >> 2
        assert disposal in (KEEP, CLEAR)
        rectangle = (left, top, w, h)
        seen = transparent if flags & 1 else None
        frames.append(Frame(canvas, delay, rectangle, seen, disposal, symbol_bits, codes, colors if local else None))
        if disposal == CLEAR:
            canvas = canvas.copy()
            canvas[top : top + h, left : left + w] = 0
    assert at == len(data) - 1
    return Movie(frames, table, plays)


def sub_blocks(data: bytes, at: int) -> tuple[bytes, int]:
    parts = []
    while data[at]:
        parts.append(data[at + 1 : at + 1 + data[at]])
        at += 1 + data[at]
    return b"".join(parts), at + 1


def decoded(data: bytes, symbol_bits: int) -> tuple[list, list[int]]:
    """Codes as strings of symbols, or what they command, and all symbols."""
    bits = int.from_bytes(data, "little")
    clear = 1 << symbol_bits
    strings, n_bits, last = None, symbol_bits + 1, None
    codes, symbols, at = [], [], 0
    while True:
        code = bits >> at & ((1 << n_bits) - 1)
        at += n_bits
        if code == clear:
            strings = {symbol: (symbol,) for symbol in range(clear)}
            n, n_bits, last = clear + 2, symbol_bits + 1, None
            codes.append(CLEAR_CODE)
            continue
        assert strings is not None, "the first code must be a clear one"
        if code == clear + 1:
            assert (at + 7) // 8 == len(data)
            return [*codes, END_CODE], symbols
        if last is not None and n < 4096:
            strings[n] = (*last, strings[code][0] if code < n else last[0])
            n += 1
        assert code in strings
        last = strings[code]
        codes.append(last)
        symbols += last
        if n == 1 << n_bits and n_bits < 12:
            n_bits += 1


class Dictionary:
    """Strings that have a code, and how many codes are given away."""

    def __init__(self, symbol_bits):
        self.symbol_bits = symbol_bits
        self.clear()

    def clear(self):
        self.strings = {(symbol,): symbol for symbol in range(1 << self.symbol_bits)}
        self.n, self.last = (1 << self.symbol_bits) + 2, None

    @property
    def bits(self):
        return max(self.symbol_bits + 1, min(12, self.n.bit_length()))

    def longer(self, string, symbols):
        """The symbols that a string can go on with, the newest first; the one that its own code adds comes last."""
        known = [symbol for symbol in symbols if (*string, symbol) in self.strings]
        known.sort(key=lambda symbol: -self.strings[*string, symbol])
        if string == self.last and self.n < 4096 and string[0] in symbols and string[0] not in known:
            known.append(string[0])
        return known

    def put(self, string):
        if self.last is not None and self.n < 4096:
            self.strings.setdefault((*self.last, string[0]), self.n)
            self.n += 1
        self.last = string


def weighted(points):
    """Points (n, 4) as distances are measured: colour counts 0.7 times as much as lightness and alpha."""
    return np.asarray(points, np.int64) * [4096, 2867, 2867, 4096] + 2048 >> 12


def search(
    points, width, weights, guess, shown, shown_color, stay_weights, entries, colors, transparent, symbol_bits,
    feedback, n_paths, n_ends,
):  # fmt: skip
    """Symbols, and the codes as strings; all points are (n, 4). Costs are summed as the kernel does it."""
    points, shown, entries, colors = (weighted(each) for each in (points, shown, entries, colors))
    n = len(points)
    errors = np.zeros((n // width + 1, width + 2, 4), np.int64)
    dictionary = Dictionary(symbol_bits)
    symbols, codes = [], [CLEAR_CODE]
    as_float = np.float32

    def error_at(i):
        return errors[i // width + 1, i % width + 1] if i >= 0 else np.zeros(4, np.int64)

    def costs(i, left):
        """What each symbol that a pixel may have costs, and the error that it leaves."""
        y, x = divmod(i, width)
        stays = transparent >= 0 and stay_weights[i] >= 0
        change = as_float(stay_weights[i]) * as_float(np.square(points[i] - shown[i]).sum()) if stays else None
        nothing = np.zeros(4, np.int64)
        if weights[i] < 0:
            found = {} if change is None else {transparent: (change, nothing)}
            return found | {int(guess[i]): (as_float(0), nothing)}
        above = errors[y, x] + 5 * errors[y, x + 1] + 3 * errors[y, x + 2]
        wanted = points[i] - np.clip(-above * feedback >> 12, -32768, 32767)
        wanted = np.clip(wanted - ((0 if x == 0 else left) * -7 * feedback >> 12), -REACH, REACH)
        found = {}
        if change is not None:
            found[transparent] = (change, wanted - colors[shown_color[i]])
        for j, entry in enumerate(entries):
            if j != transparent:
                error = wanted - entry
                found[j] = (as_float(weights[i]) * as_float(np.square(error).sum()), error)
        return found

    def cheapest(paths, n_kept):
        return sorted(paths, key=lambda path: path[0])[:n_kept]  # of equal ones those that came first

    def ends(at, left, most):
        bits = as_float(dictionary.bits)
        first = costs(at, left)
        paths = cheapest([(cost, (symbol,), error) for symbol, (cost, error) in first.items()], n_paths)
        found, best, length = [], as_float(np.finfo(as_float).max), 1
        while paths:
            cost = bits + paths[0][0]
            each = cost / as_float(length)
            best = min(best, each)
            # of equal ones the longest comes first
            found = sorted([(each, -length, cost, length, paths[0]), *found], key=lambda end: end[:2])[:most]
            if at + length == n:
                break
            limit = best * as_float(length + 1 + SLACK)
            following = []
            for cost, string, error in paths:
                after = costs(at + length, error)
                for symbol in dictionary.longer(string, after):
                    more, left_over = after[symbol]
                    if cost + more < limit:
                        following.append((cost + more, (*string, symbol), left_over))
            paths = cheapest(following, n_paths)
            length += 1
        return found

    def best_end(at):
        found = ends(at, error_at(at - 1), n_ends)
        if len(found) == 1:
            return found[0]

        def both(end):
            _, _, cost, length, (_, _, error) = end
            if at + length == n:
                return cost / as_float(length)
            second = ends(at + length, error, 1)[0]
            return (cost + second[2]) / (as_float(length) + as_float(second[3]))

        return min(found, key=both)

    growing, watched, n_watched, at = [as_float(0), as_float(0)], [as_float(0), as_float(0)], 0, 0
    while at < n:
        _, _, _, length, (_, string, _) = best_end(at)
        cost = as_float(0)
        for i, symbol in enumerate(string, start=at):
            more, error = costs(i, error_at(i - 1))[symbol]
            errors[i // width + 1, i % width + 1] = error
            cost += more
        cost += as_float(dictionary.bits)
        dictionary.put(string)
        symbols += string
        codes.append(string)
        at += length
        if at == n:
            break
        if n_watched == 0 and dictionary.n < 4096:
            growing = [growing[0] + cost, growing[1] + as_float(length)]
            continue
        watched = [watched[0] + cost, watched[1] + as_float(length)]
        n_watched += 1
        if n_watched % WATCHED == 0:
            if watched[0] * growing[1] > growing[0] * watched[1]:
                dictionary.clear()
                codes.append(CLEAR_CODE)
                growing, n_watched = [as_float(0), as_float(0)], 0
            watched = [as_float(0), as_float(0)]
    return symbols, [*codes, END_CODE]
