"""The rate-distortion search, with every survivor's whole way, and what it measures by."""

from bisect import bisect_right
from collections import defaultdict
from dataclasses import dataclass
from itertools import takewhile

import numpy as np

# Deflate's codes: first value and number of extra bits (RFC 1951, 3.2.5).
LENGTHS = [*range(3, 11), 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258]
LENGTH_EXTRA_BITS = [0] * 8 + [1] * 4 + [2] * 4 + [3] * 4 + [4] * 4 + [5] * 4 + [0]
DISTANCES = [
    *(1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769),
    *(1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577),
]
DISTANCE_EXTRA_BITS = [0, 0, *(bits for bits in range(14) for _ in (0, 1))]
SHORTEST_MATCH, LONGEST_MATCH, FARTHEST = 3, 258, 32767

NEAR = 4  # distances that need not be settled
RECENT, CHAIN = 8, 4
ASIDE = range(4, -4, -1)
STRETCH, DEPTH = 32, 4
MOST_MARGIN, LEAST_MARGIN, FEWER, MORE = map(np.float32, (20, 2, 0.93, 1.03))
MOST_SURVIVORS = 128
REACH = 8192 * 3 // 2
KEPT_BYTE = 0  # the filter's type


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


def visibility(lightness):
    """Of lightness (H, W) in 8192ths."""
    shares = np.array([1, 8, 28, 56, 70, 56, 28, 8, 1]) / 256

    def blurred(values):
        height, width = values.shape
        padded = np.pad(values, 4, mode="edge")
        column = sum(share * padded[i : i + height] for i, share in enumerate(shares))
        return sum(share * column[:, i : i + width] for i, share in enumerate(shares))

    level = np.asarray(lightness, np.float64) * 255 / 8192
    variance = blurred(level * level) - blurred(level) ** 2
    deviation = np.sqrt(np.maximum(variance, 0))
    return (1 + 2 / (1 + (deviation / 3) ** 2)) / np.sqrt(1 + deviation)


def weighted(points):
    """Points (n, 4) as distances are measured: colour counts 0.7 times as much as lightness and alpha."""
    points = np.asarray(points, np.int64)
    return points - (points * [0, 1229, 1229, 0] >> 12)


def weighted_error(points, weights, entries, indices):
    return float((weights * np.square(weighted(points) - weighted(entries)[indices]).sum(axis=1)).sum())


@dataclass(eq=False)
class Survivor:
    """The last byte of a way, and the way before it."""

    before: "Survivor | None"
    byte: int
    error: np.ndarray
    cost: np.float32
    distance: int = 0  # of the match that the byte is in, 0 for a literal
    length: int = 0  # of the match up to this byte

    def can_end(self):
        return self.distance == 0 or self.length >= SHORTEST_MATCH

    def can_go_on(self):
        return 0 < self.length < LONGEST_MATCH

    def back(self, n):
        """The same way n bytes ago."""
        survivor = self
        for _ in range(n):
            survivor = survivor.before
        return survivor


class Search:
    """Indices (H, W) and counts of symbols for points (n, 4), each in its turn."""

    def __init__(self, points, shape, weights, lowest, guess, entries, prices, feedback, n_survivors):
        self.height, self.width = shape
        self.points = weighted(points).reshape(*shape, 4)
        self.weights, self.lowest, self.guess = (array.reshape(shape) for array in (weights, lowest, guess))
        self.entries = weighted(entries)
        self.literal_prices, self.length_prices, self.distance_prices = prices
        self.feedback, self.n_survivors = feedback, n_survivors
        self.stretch = min(STRETCH, (self.width - 2) // (DEPTH + 2))
        self.margin = MOST_MARGIN
        self.survivors = [Survivor(None, 0, np.zeros(4, np.int64), np.float32(0))]
        self.at = 0  # bytes that the survivors have
        self.settled = []  # survivors, one for each byte that is decided
        self.errors = np.zeros((self.height + 1, self.width + 2, 4), np.int64)  # settled, below and left of a zero
        self.recent = []  # distances of settled matches, the last first
        self.places = defaultdict(list)  # by a hash of three bytes

    def run(self):
        for y in range(self.height):
            self.survive(self.filter_type_steps())
            for x in range(self.width):
                self.survive(self.pixel_steps(y, x))
        self.settle(self.cheapest(), 0)
        indices = np.array([survivor.byte for survivor in self.settled]).reshape(self.height, self.width + 1)
        return indices[:, 1:], self.counts()

    # What may come next

    def cheapest(self):
        return min(self.survivors, key=lambda survivor: survivor.cost)

    def cheapest_end(self):
        """If none can end, the cheapest: what it was in was no match then."""
        return min(filter(Survivor.can_end, self.survivors), key=lambda one: one.cost, default=self.cheapest())

    def filter_type_steps(self):
        """A row's first byte is always the same."""
        end, zero = self.cheapest_end(), np.zeros(4, np.int64)
        literal = Survivor(end, KEPT_BYTE, zero, end.cost + self.literal_prices[KEPT_BYTE])
        yield literal
        for survivor in filter(Survivor.can_go_on, self.survivors):
            if self.byte_back(survivor, survivor.distance) == KEPT_BYTE:
                longer = self.longer(survivor, KEPT_BYTE, zero, np.float32(0))
                if longer.cost < literal.cost + self.margin:
                    yield longer

    def pixel_steps(self, y, x):
        """The cheapest way that may end goes on with a literal, or with a match; those in matches with these."""
        is_kept = self.weights[y, x] < 0
        above = self.errors[y, x : x + 3]
        wanted_here = self.points[y, x]
        for error, sixteenths in zip(above, (1, 5, 3), strict=True):
            wanted_here = wanted_here - (-sixteenths * error * self.feedback >> 12)
        allowed = range(self.lowest[y, x], len(self.entries))
        if is_kept:
            allowed = range(self.guess[y, x], self.guess[y, x] + 1)

        def errors_after(survivor, bytes_):
            """What the pixel lacks by a range of bytes (n, 4), and what that costs."""
            if is_kept:
                return np.zeros((len(bytes_), 4), np.int64), np.zeros(len(bytes_), np.float32)
            wanted = wanted_here - (-7 * survivor.error * self.feedback >> 12)
            errors = np.minimum(np.maximum(wanted, -REACH), REACH) - self.entries[bytes_.start : bytes_.stop]
            return errors, self.weights[y, x] * (errors * errors).sum(axis=1).astype(np.float32)

        end = self.cheapest_end()
        errors, distortions = errors_after(end, allowed)
        place = int(np.argmin(distortions + self.literal_prices[allowed.start : allowed.stop]))
        cost = end.cost + distortions[place] + self.literal_prices[allowed[place]]
        limit = cost + self.margin
        yield Survivor(end, allowed[place], errors[place], cost)
        for survivor in filter(Survivor.can_go_on, self.survivors):
            byte = self.byte_back(survivor, survivor.distance)
            if byte in allowed:
                its_errors, its_distortions = errors_after(survivor, range(byte, byte + 1))
                longer = self.longer(survivor, byte, its_errors[0], its_distortions[0])
                if longer.cost < limit:
                    yield longer
        if end.can_end():
            in_match = defaultdict(lambda: np.inf)
            for survivor in self.survivors:
                in_match[survivor.distance] = min(in_match[survivor.distance], survivor.cost)
            for distance in self.distances(y, x):
                byte = self.byte_back(end, distance)
                start = end.cost + (self.length_prices[0] + self.distance_prices[distance - 1])
                if byte in allowed and in_match[distance] > start:
                    place = allowed.index(byte)
                    if start + distortions[place] < limit:
                        yield Survivor(end, byte, errors[place], start + distortions[place], distance, 1)

    def longer(self, survivor, byte, error, distortion):
        """Go on in a match; until it is one at all that is free."""
        dearer = np.float32(0)
        if survivor.length >= SHORTEST_MATCH:
            at = survivor.length - SHORTEST_MATCH
            dearer = self.length_prices[at + 1] - self.length_prices[at]
        cost = survivor.cost + distortion + dearer
        return Survivor(survivor, byte, error, cost, survivor.distance, survivor.length + 1)

    def byte_back(self, survivor, distance):
        at = self.at - distance
        return self.settled[at].byte if at < len(self.settled) else survivor.back(distance - 1).byte

    def distances(self, y, x):
        """A few bytes ago; or settled all the way: where three bytes are as guessed here, as lately, and above."""
        stride, settled = self.width + 1, (DEPTH + 1) * self.stretch
        above = [row * stride + aside for row in (1, 2, 3) for aside in ASIDE]
        above = [distance for distance in above if settled <= distance <= FARTHEST]
        near = list(range(1, NEAR + 1))
        chained = []
        if x + 3 <= self.width:
            chained = [self.at - place for place in self.places[hashed(self.guess[y, x : x + 3])][: -CHAIN - 1 : -1]]
        chained = [
            distance
            for distance in takewhile(lambda distance: distance <= FARTHEST, chained)
            if distance >= settled and distance not in (*near, *self.recent, *above)
        ]
        return [distance for distance in (*near, *chained, *self.recent, *above) if distance <= self.at]

    def is_above(self, distance):
        row = (distance + 3) // (self.width + 1)
        return row in (1, 2, 3) and row * (self.width + 1) - distance + 4 in range(8)

    # What survives

    def survive(self, steps):
        """Keep the steps, the next ones with another margin, and settle what is far back."""
        self.survivors = list(steps)[:MOST_SURVIVORS]
        margin = self.margin * (FEWER if len(self.survivors) > self.n_survivors else MORE)
        self.margin = min(max(margin, LEAST_MARGIN), MOST_MARGIN)
        self.at += 1
        if self.at % self.stretch == 0:
            best = self.cheapest()
            n_open = DEPTH * self.stretch
            if self.at > n_open:
                self.settle(best, n_open)
                self.survivors = [one for one in self.survivors if one.back(n_open) is self.settled[-1]]
            lowest = best.cost
            for survivor in self.survivors:
                survivor.cost = survivor.cost - lowest

    def settle(self, survivor, n_open):
        """Decide all bytes but the last few as the survivor has them."""
        way = [survivor.back(n_open)]
        while len(way) < self.at - n_open - len(self.settled):
            way.append(way[-1].before)
        for step in reversed(way):
            y, column = divmod(len(self.settled), self.width + 1)
            self.settled.append(step)
            if column:
                self.errors[y + 1, column] = step.error
            if step.length == 1 and step.distance >= (DEPTH + 1) * self.stretch and not self.is_above(step.distance):
                self.recent = [step.distance, *(d for d in self.recent if d != step.distance)][:RECENT]
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


def hashed(three):
    word = sum(int(byte) << 8 * i for i, byte in enumerate(three))
    return (word * 2654435761 & 0xFFFFFFFF) >> 17
