"""The rate-distortion search, with every survivor's whole way, and what it measures by."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from reference.color_space import ALPHA_SCALE, CONES_OF_OKLAB, MEAN_BACKGROUND, OKLAB_OF_CONES, OKLAB_SCALE
from reference.row_filters import predictions

# Deflate's codes: first value and number of extra bits (RFC 1951, 3.2.5).
LENGTHS = [*range(3, 11), 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
LENGTH_EXTRA_BITS = [0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0]
DISTANCES = [
    *(1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769),
    *(1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577),
]
DISTANCE_EXTRA_BITS = [0, 0, *(bits for bits in range(14) for _ in (0, 1))]
SHORTEST_MATCH, LONGEST_MATCH, FARTHEST = 3, 258, 32767

NEAR, FOUND = 3, 12  # slots
# Groups of slots for bytes of a row above: which one, and how many columns to the left the first of 8 is.
GROUPS = [
    *((1, 4), (2, 4), (3, 4), (1, 12), (1, -4), (1, 20), (1, -12), (2, 12), (2, -4), (1, 28), (1, -20), (3, 12)),
    *((3, -4), (1, 36), (1, -28), (2, 20), (2, -12), (1, 44), (1, -36), (2, 28), (2, -20), (1, 52), (3, 20), (3, -12)),
]
QUICK_GROUPS = 9
FOUND_SLOTS, QUICK_EMPTY = range(1 + NEAR, 1 + NEAR + FOUND), 8
CHAIN, QUICK_CHAIN = 4, 2
STRETCH, DEPTH = 32, 4
BLUR_REACH, FADING, REFINED_MARGIN = 4, 3, 12
MARGIN = np.float32(20)
PAETH_WAYS = 8
N_LIKELY, USUAL_WEIGHT = 16, np.float32(0.5)
SMOOTH_WEIGHT = 2  # from which on errors are handed on as in smooth areas
REACH = 8192 * 3 // 2
FILTER_TYPE = 0
USUAL_COLOR = 2867


def length_code(length):
    return bisect_right(LENGTHS, length) - 1


def distance_code(distance):
    return bisect_right(DISTANCES, distance) - 1


def prices(counts):
    """Bits for literals, lengths 3 to 258 and distances 1 to 32768 of ideal codes; at most 15 but for extra bits."""
    literals, lengths, distances = np.split(np.asarray(counts, np.float64), [256, 256 + 29])
    n_symbols = literals.sum() + lengths.sum() + (256 + 29) // 4
    n_distances = distances.sum() + 30 // 4

    def bits(used, n):
        return np.minimum(15, np.log2(n) - np.log2(used + 0.25))

    code = [length_code(length) for length in range(SHORTEST_MATCH, LONGEST_MATCH + 1)]
    of_lengths = (bits(lengths, n_symbols) + LENGTH_EXTRA_BITS)[code]
    code = [distance_code(distance) for distance in range(1, 32769)]
    of_distances = (bits(distances, n_distances) + DISTANCE_EXTRA_BITS)[code]
    return bits(literals, n_symbols), of_lengths, of_distances


def visibility(lightness, protection=2):
    """Of lightness (H, W) in 8192ths."""
    shares = np.array([1, 8, 28, 56, 70, 56, 28, 8, 1]) / 256

    def blurred(values):
        height, width = values.shape
        padded = np.pad(values, 4, mode="edge")
        column = sum(share * padded[i : i + height] for i, share in enumerate(shares))
        return sum(share * column[:, i : i + width] for i, share in enumerate(shares))

    level = (np.asarray(lightness, np.int64) >> 2).astype(np.float64) * 255 / 2048
    variance = blurred(level * level) - blurred(level) ** 2
    deviation = np.sqrt(np.maximum(variance, 0))
    return (1 + protection / (1 + (deviation / 3) ** 2)) / np.sqrt(1 + deviation)


def weighted(points, color=USUAL_COLOR):
    """Points (n, 4) as distances are measured: colour counts so many 4096ths of lightness and alpha."""
    points = np.asarray(points, np.int64)
    off = 4096 - color
    return points - (points * [0, off, off, 0] >> 12)


def weighted_error(points, weights, entries, indices):
    return float((weights * np.square(weighted(points) - weighted(entries)[indices]).sum(axis=1)).sum())


def light_lacks(points, entries, has_alpha):
    """What errors (n, k) of points (n, 4) with entries (k, 4) lack in Oklab to be those of light over its slope."""
    f = np.float32
    background = f(MEAN_BACKGROUND if has_alpha else 0)  # its lightness

    def seen(points):
        """Roots of the light of cones above the background's, and light above its light, both times alpha."""
        points = np.asarray(points, f)
        roots = [sum_of(points[:, :3] * (row / OKLAB_SCALE).astype(f)) for row in CONES_OF_OKLAB]
        if not has_alpha:
            return roots, [root * root * root for root in roots]
        alpha = np.maximum(points[:, 3] * (f(1) / f(ALPHA_SCALE)), f(1 / 512))
        wholes = [root / alpha + background for root in roots]
        return roots, [(root * root * root - background * background * background) * alpha for root in wholes]

    def sum_of(parts):
        return parts[..., 0] + parts[..., 1] + parts[..., 2]

    lacks = []
    for root, light, entry_root, entry_light in zip(*seen(points), *seen(entries), strict=True):
        slope = np.square(background + root)[:, np.newaxis]
        light, root = (light[:, np.newaxis] - entry_light) * f(1 / 3), root[:, np.newaxis] - entry_root
        lacks.append((light - root * slope) / (slope + f(0.04)))
    in_oklab = [sum_of(np.stack(lacks, axis=-1) * f(row * OKLAB_SCALE)) for row in OKLAB_OF_CONES]
    in_oklab = np.stack([*in_oklab, np.zeros_like(in_oklab[0])], axis=-1)
    return np.rint(np.clip(in_oklab, -8192, 8192)).astype(np.int64)


@dataclass(eq=False)
class Survivor:
    """The last byte of a way, and the way before it."""

    before: "Survivor | None"
    byte: int
    error: np.ndarray
    cost: np.float32
    slot: int = 0
    distance: int = 0  # of the match that the byte is in, 0 for a literal
    length: int = 0  # of the match up to this byte

    def can_end(self):
        return self.distance == 0 or self.length >= SHORTEST_MATCH

    def back(self, n):
        """The same way n bytes ago."""
        survivor = self
        for _ in range(n):
            survivor = survivor.before
        return survivor


class Search:
    """Indices (H, W) and counts of symbols for points (n, 4), each in its turn."""

    def __init__(
        self, points, shape, weights, lowest, guess, entries, prices, feedback, is_quick=False, color=USUAL_COLOR
    ):
        self.height, self.width = shape
        self.points = weighted(points, color).reshape(*shape, 4)
        self.lacks = weighted(light_lacks(points, entries, len(lowest) > 0), color).reshape(*shape, len(entries), 4)
        self.weights, self.guess = weights.reshape(shape), guess.reshape(shape)
        self.lowest = lowest.reshape(shape) if len(lowest) else np.zeros(shape, np.uint8)
        self.entries = weighted(entries, color)
        self.literal_prices, self.length_prices, self.distance_prices = prices
        self.feedback = feedback
        self.stretch = min(STRETCH, (self.width - 2) // (DEPTH + 2))
        self.n_settled_at_least = (DEPTH + 1) * self.stretch  # bytes back, from which all are
        self.likely = [self.likely_for(guess) for guess in range(len(entries))]
        self.is_quick = is_quick  # whether few entries are looked at for literals, and few places for matches
        self.at = 0  # bytes that the survivors have
        self.settled = []  # survivors, one for each byte that is decided
        self.errors = np.zeros((self.height + 1, self.width + 2, 4), np.int64)  # settled, below and left of a zero
        self.places = defaultdict(list)  # by a hash of three bytes
        groups = GROUPS[:QUICK_GROUPS] if is_quick else GROUPS
        above = [row * (self.width + 1) + left - place for row, left in groups for place in range(8)]
        above = [distance if self.n_settled_at_least <= distance <= FARTHEST else 0 for distance in above]
        self.distances = [0, *range(1, NEAR + 1), *[0] * FOUND, *above]  # of the slots' matches, or 0 for none
        self.survivors = [Survivor(None, 0, np.zeros(4, np.int64), np.float32(0))] + [None] * (len(self.distances) - 1)
        self.used, self.turn = set(), FOUND_SLOTS[0]  # slots of settled matches; the one that was given away last

    def run(self):
        for y in range(self.height):
            self.survive(-1, y)
            for x in range(self.width):
                self.survive(x, y)
        self.settle(self.cheapest(), 0)
        indices = np.array([survivor.byte for survivor in self.settled]).reshape(self.height, self.width + 1)
        return indices[:, 1:], self.counts()

    # What comes next

    def alive(self):
        return [survivor for survivor in self.survivors if survivor]

    def cheapest(self):
        return min(self.alive(), key=lambda survivor: survivor.cost)

    def cheapest_end(self):
        """If none can end, the cheapest: what it was in was no match then."""
        return min(filter(Survivor.can_end, self.alive()), key=lambda one: one.cost, default=self.cheapest())

    def survive(self, x, y):
        """The cheapest way that may end goes on with a literal or with matches, where these are cheaper than others."""
        end = self.cheapest_end()
        allowed, errors_after = self.pixel(x, y)
        errors, distortions = errors_after(end.error, np.arange(allowed.start, allowed.stop))
        place, cost = self.literal(x, y, end, allowed, distortions)
        if end.can_end() and x >= 0:
            self.find_places(x, y, end, allowed, distortions, cost + MARGIN)
        nexts = [Survivor(end, allowed[place], errors[place], cost), *self.longer(allowed, errors_after)]
        for slot, distance in enumerate(self.distances[1:], 1):
            if not (end.can_end() and 0 < distance <= self.at):
                continue
            byte = self.byte_back(end, distance)
            if byte in allowed:
                place = allowed.index(byte)
                cost = end.cost + self.start_price(distance) + distortions[place]
                if not (nexts[slot] and nexts[slot].cost <= cost):
                    nexts[slot] = Survivor(end, byte, errors[place], cost, slot, distance, 1)
        self.survivors = nexts
        self.at += 1
        if self.at % self.stretch == 0:
            self.end_stretch()

    def literal(self, x, y, end, allowed, distortions):
        """Which of the bytes that are allowed is the cheapest, and what it costs."""
        prices = self.literal_prices[allowed.start : allowed.stop]
        if not self.is_quick:
            place = int(np.argmin(distortions + prices))
            return place, end.cost + distortions[place] + prices[place]
        places = np.arange(len(allowed))
        if len(allowed) > 1:
            likely = [byte for byte in self.likely[self.guess[y, x]] if byte in allowed]
            if not likely:
                likely = [allowed[int(np.argmin(distortions + prices))]]
            places = np.array(likely) - allowed.start
        costs = (distortions + prices)[places].view(np.uint32) & ~np.uint32(255)
        first = np.argmin(costs | (places + allowed.start).astype(np.uint32))
        return int(places[first]), end.cost + costs.view(np.float32)[first]

    def likely_for(self, guess):
        """What costs least where an entry is what is wanted, and that entry."""
        squares = np.square(self.entries - self.entries[guess]).sum(axis=1).astype(np.float32)
        costs = squares * USUAL_WEIGHT + self.literal_prices[: len(self.entries)]
        costs[guess] = -1
        return np.argsort(costs, kind="stable")[:N_LIKELY]

    def pixel(self, x, y):
        """What it may get, and a function of errors to the left and bytes (n,): the errors after them, and the cost."""
        is_kept = x < 0 or self.weights[y, x] < 0
        if is_kept:
            kept = FILTER_TYPE if x < 0 else int(self.guess[y, x])
            return range(kept, kept + 1), lambda left, bytes_: (
                np.zeros((len(bytes_), 4), np.int64),
                np.zeros(len(bytes_), np.float32),
            )

        def errors_after(left, bytes_):
            errors = self.wanted(x, y, left) - self.entries[bytes_]
            return errors, self.weights[y, x] * (errors * errors).sum(axis=1).astype(np.float32)

        return range(self.lowest[y, x], len(self.entries)), errors_after

    def wanted(self, x, y, left_error):
        """A pixel with the errors of its neighbours."""
        wanted = self.points[y, x]
        feedback = self.feedback[1 if self.weights[y, x] >= SMOOTH_WEIGHT else 0]
        for error, sixteenths in zip([*self.errors[y, x : x + 3], left_error], (1, 5, 3, 7), strict=True):
            wanted = wanted - (-sixteenths * error * feedback >> 12)
        return np.minimum(np.maximum(wanted, -REACH), REACH)

    def longer(self, allowed, errors_after):
        """Go on in all matches, or None for each slot whose cannot; until it is one at all that is free."""
        matches = [one for one in self.survivors[1:] if one and one.length < LONGEST_MATCH]
        going_on = [(one, byte) for one in matches if (byte := self.byte_back(one, one.distance)) in allowed]
        nexts = [None] * len(self.distances[1:])
        if not going_on:
            return nexts
        left = np.array([one.error for one, _ in going_on])
        errors, distortions = errors_after(left, np.array([byte for _, byte in going_on]))
        for (one, byte), error, distortion in zip(going_on, errors, distortions, strict=True):
            dearer = np.float32(0)
            if one.length >= SHORTEST_MATCH:
                at = one.length - SHORTEST_MATCH
                dearer = self.length_prices[at + 1] - self.length_prices[at]
            cost = one.cost + distortion + dearer
            nexts[one.slot - 1] = Survivor(one, byte, error, cost, one.slot, one.distance, one.length + 1)
        return nexts

    def start_price(self, distance):
        return self.length_prices[0] + self.distance_prices[distance - 1]

    def byte_back(self, survivor, distance):
        at = self.at - distance
        return self.settled[at].byte if at < len(self.settled) else survivor.back(distance - 1).byte

    def find_places(self, x, y, end, allowed, distortions, limit):
        """Give slots to places where three bytes are as guessed here, if a match from there is not too dear."""
        if x + 3 > self.width:
            return
        busy = [
            survivor.slot for survivor in self.alive() if survivor.length >= SHORTEST_MATCH and survivor.cost < limit
        ]
        n = QUICK_CHAIN if self.is_quick else CHAIN
        for place in self.places[hashed(self.guess[y, x : x + 3])][: -n - 1 : -1]:
            distance = self.at - place
            if distance > FARTHEST:
                break
            byte = self.settled[place].byte
            if distance < self.n_settled_at_least or distance in self.distances or byte not in allowed:
                continue
            if end.cost + self.start_price(distance) + distortions[allowed.index(byte)] < limit:
                slot = self.free_slot(busy)
                busy.append(slot)
                self.distances[slot] = distance
                self.survivors[slot] = None

    def free_slot(self, busy):
        """The next one, by turns, that is neither busy nor was used of late."""
        slots = FOUND_SLOTS[:-QUICK_EMPTY] if self.is_quick else FOUND_SLOTS
        free = [slot for slot in slots if slot not in busy and slot not in self.used]
        if not free:
            self.used = set()
            free = [slot for slot in slots if slot not in busy] or slots
        self.turn = next((slot for slot in free if slot > self.turn), free[0])
        return self.turn

    # What is settled

    def end_stretch(self):
        """Settle what is far back as the cheapest has it; those that have it otherwise go."""
        best = self.cheapest()
        n_open = DEPTH * self.stretch
        if self.at > n_open:
            self.settle(best, n_open)
            self.survivors = [one if one and one.back(n_open) is self.settled[-1] else None for one in self.survivors]
        lowest = best.cost
        for survivor in self.alive():
            survivor.cost = survivor.cost - lowest

    def settle(self, survivor, n_open):
        """Decide all bytes but the last few as the survivor has them."""
        way = [survivor.back(n_open)]
        while len(way) < self.at - n_open - len(self.settled):
            way.append(way[-1].before)
        for step in reversed(way):
            y, column = divmod(len(self.settled), self.width + 1)
            self.settled.append(step)
            if column and self.weights[y, column - 1] >= 0:
                left_error = self.errors[y + 1, column - 1]
                error = self.wanted(column - 1, y, left_error) - self.entries[step.byte]
                self.errors[y + 1, column] = error + self.lacks[y, column - 1, step.byte]
            if step.slot:
                self.used.add(step.slot)
            if len(self.settled) >= 3:
                self.places[hashed([s.byte for s in self.settled[-3:]])].append(len(self.settled) - 3)

    def counts(self):
        """Symbols used; what begins as a match and ends before it is one counts for nothing."""
        literals, lengths, distances = np.zeros(256, int), np.zeros(29, int), np.zeros(30, int)
        for step, then in zip(self.settled, [*self.settled[1:], None], strict=True):
            if step.distance == 0:
                literals[step.byte] += 1
            elif (then is None or then.length <= 1) and step.length >= SHORTEST_MATCH:
                lengths[length_code(step.length)] += 1
                distances[distance_code(step.distance)] += 1
        return np.concatenate([literals, lengths, distances])


class PaethSearch(Search):
    """Indices (H, W) behind the filter Paeth, and their error, by ways of which each has all its row."""

    def __init__(self, points, shape, weights, guess, entries, prices, lowest, feedback, color):
        no_matches = (prices, None, None)
        super().__init__(points, shape, weights, np.zeros(0), guess, entries, no_matches, feedback, color=color)
        self.first = lowest

    def run(self):
        rows, error = [[0] * self.width], 0.0
        for y in range(self.height):
            row = self.cheapest_row(y, rows[-1])
            for x, index in enumerate(row):
                if self.weights[y, x] >= 0:
                    left = self.wanted(x, y, self.errors[y + 1, x]) - self.entries[index]
                    self.errors[y + 1, x + 1] = left
                    error += float(self.weights[y, x]) * int(left @ left)
            rows.append(row)
        return np.array(rows[1:]), error

    def cheapest_row(self, y, above):
        ways = [(np.float32(0), np.zeros(4, np.int64), [])]
        for x in range(self.width):
            up, up_left = above[x], above[x - 1] if x else 0
            guesses = [paeth(row[-1] if row else 0, up, up_left) for _, _, row in ways]
            entries = np.arange(self.first, len(self.entries))
            errors = np.zeros((len(ways), 1, 4), np.int64)
            if self.weights[y, x] < 0:
                entries = self.guess[y, x : x + 1].astype(int)
            else:
                errors = np.stack([self.wanted(x, y, error) for _, error, _ in ways])[:, np.newaxis]
                errors = errors - self.entries[entries]
            distortions = max(self.weights[y, x], np.float32(0)) * (errors * errors).sum(axis=2).astype(np.float32)
            prices = np.stack([self.literal_prices[(entries - guess) % 256] for guess in guesses])
            costs = distortions + prices + np.array([[cost] for cost, _, _ in ways])
            best, least = costs.argmin(axis=0), costs.min(axis=0)
            cheapest = [i for i in np.argsort(least, kind="stable") if least[i] <= least.min() + MARGIN][:PAETH_WAYS]
            ways = [(least[i], errors[best[i], i], [*ways[best[i]][2], int(entries[i])]) for i in cheapest]
        return ways[0][2]


def paeth(left, above, above_left):
    estimate = left + above - above_left
    return min((left, above, above_left), key=lambda near: abs(estimate - near))


def refined(points, shape, weights, indices, entries, prices, types, lowest, feedback, color):
    """Indices (H, W), each in its turn what costs least with all that is behind it, and by blurred errors."""
    points, entries = weighted(points, color).reshape(*shape, 4), weighted(entries, color)
    weights, indices = weights.reshape(shape), indices.reshape(shape).astype(int)
    blur, roots = blur_of(feedback), np.sqrt(np.maximum(weights, 0))
    field = np.zeros((shape[0] + 2 * BLUR_REACH, shape[1] + 2 * BLUR_REACH, 4), np.float32)

    def spread(y, x, change):
        part = field[y : y + len(blur), x : x + len(blur)]
        part += blur[..., np.newaxis] * (roots[y, x] * change.astype(np.float32))

    def bits_of(rows, kinds):
        filtered = [
            row - predictions(row, above, 1)[kind] for above, row, kind in zip(rows[:-1], rows[1:], kinds, strict=True)
        ]
        return prices[np.array(filtered) % 256]

    free = [(y, x) for y, x in np.ndindex(shape) if weights[y, x] >= 0]
    for y, x in free:
        spread(y, x, entries[indices[y, x]] - points[y, x])
    for y, x in free:
        now, root = indices[y, x], roots[y, x]
        off = field[y + BLUR_REACH, x + BLUR_REACH] / root if root else np.zeros(4, np.float32)
        wanted = np.clip(entries[now].astype(np.float32) - off, -REACH, REACH)
        wanted = np.trunc(wanted + np.copysign(np.float32(0.5), wanted)).astype(np.int64)
        distortions = weights[y, x] * np.square(wanted - entries).sum(axis=1).astype(np.float32)
        rows = np.concatenate([np.zeros((1, shape[1]), int), indices])[y : y + 3]
        own, behind = [], []
        for entry in range(len(entries)):
            rows[1, x] = entry
            bits = bits_of(rows, types[y : y + 2])
            own.append(bits[0, x])
            others = [*bits[0, x + 1 : x + 2], *(bits[1, x : x + 2] if len(bits) > 1 else [])]
            behind.append(sum(others, np.float32(0)))
        costs = distortions + np.array(own)
        is_near = costs <= costs[lowest:].min() + REFINED_MARGIN
        is_near[:lowest] = False
        totals = np.where(is_near | (np.arange(len(entries)) == now), costs + np.array(behind), np.inf)
        best = now if totals[now] <= totals.min() else totals.argmin()
        spread(y, x, entries[best] - entries[now])
        indices[y, x] = best
    return indices


def blurred_error(points, shape, weights, indices, entries, feedback, color):
    """The sum of products of all pairs of errors, by how far they lie apart, and of roots of their weights."""
    errors = weighted(entries, color)[indices] - weighted(points, color)
    errors = (errors * np.sqrt(np.maximum(weights, 0))[:, np.newaxis]).reshape(*shape, 4)
    padded = np.pad(errors, ((BLUR_REACH, BLUR_REACH), (BLUR_REACH, BLUR_REACH), (0, 0)))
    parts = np.lib.stride_tricks.sliding_window_view(padded, (2 * BLUR_REACH + 1,) * 2, axis=(0, 1))
    return float(np.einsum("yxc,yxcij,ij", errors, parts, blur_of(feedback)))


def blur_of(feedback):
    """How errors that are handed on go together, beside each with itself, and fade out: by their response."""
    reach, n = BLUR_REACH, 32
    response = np.zeros((n + reach, 2 * (n + reach)))
    middle = n + reach
    response[0, middle] = 1
    for y in range(n):
        for x in range(middle - n + 1, middle + n):
            for dy, dx, share in [(0, 1, 7), (1, -1, 3), (1, 0, 5), (1, 1, 1)]:
                response[y + dy, x + dx] += response[y, x] * feedback * share / 4096
    blur = np.zeros((2 * reach + 1, 2 * reach + 1))
    part = response[:n, reach:-reach]
    for dy in range(reach + 1):
        for dx in range(-reach, reach + 1):
            moved = response[dy : dy + n, reach + dx : reach + dx + part.shape[1]]
            faded = (part * moved).sum() * np.exp(-(dy**2 + dx**2) / (2 * FADING**2))
            blur[reach + dy, reach + dx] = blur[reach - dy, reach - dx] = faded
    return (blur / blur[reach, reach]).astype(np.float32)


def hashed(three):
    word = sum(int(byte) << 8 * i for i, byte in enumerate(three))
    return (word * 2654435761 & 0xFFFFFFFF) >> 17
