#include "kernels/histogram.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "kernels/pixel_keys.hpp"

namespace pil_kmeans {
namespace {

// --- keys of at most 24 bits: a table of one-byte counters -------------------------------------------------------
// A counter that is full goes on at 1 and is noted in a list, so the whole table stays 16 MB. Regions of a sparse table
// that no pixel falls in are neither touched nor scanned, which is most of them in most pictures; where there are many
// pixels, to note the region of each costs more than to scan them all.

constexpr std::size_t kMaxTables = 3;  // one a thread; bounds the memory at 48 MB
constexpr std::size_t kWorthATable = std::size_t{1} << 22;  // pixels
constexpr std::int64_t kWrap = 255;

struct CounterTable {
    Buffer<std::uint8_t> counters;
    std::vector<std::uint8_t> touched;   // per region
    std::vector<std::uint32_t> wrapped;  // a key for every kWrap pixels beyond the counter

    CounterTable(std::size_t size, Fill fill)
        : counters(zeroed<std::uint8_t>(size, fill)),
          touched((size + kRegionSize - 1) >> kRegionBits, fill == Fill::dense) {}

    // Adds n to the counter of a key. Holds plain pointers by value: a store of a byte may not be taken to change them.
    template <std::uint8_t n, Fill fill>
    auto adder() {
        return [counter = counters.begin(), region = touched.data(), this](std::uint32_t key) {
            if constexpr (fill == Fill::sparse) region[key >> kRegionBits] = 1;
            const auto count = static_cast<std::uint8_t>(counter[key] + n);
            counter[key] = count;
            if (count < n) [[unlikely]] {
                ++counter[key];
                wrapped.push_back(key);
            }
        };
    }
};

// The counters of one region in several tables.
struct Parts {
    std::array<const std::uint8_t*, kMaxTables> counters{};
    std::size_t n = 0;

    // The top bits of those of eight bytes that are not zero in one of the parts.
    std::uint64_t occupied(std::size_t place) const {
        constexpr std::uint64_t kLow = 0x7f7f7f7f7f7f7f7full;
        const std::uint64_t any = eight(place);
        return (((any & kLow) + kLow) | any) & ~kLow;
    }

    std::size_t count_occupied(std::size_t size) const {
        constexpr std::size_t kBlock = 128;  // bytes, whose sum fits in one
        std::size_t count = 0;
        for (std::size_t start = 0; start < size; start += kBlock) {
            std::uint64_t sums = 0;
            for (std::size_t place = start; place < start + kBlock; place += 8) sums += occupied(place) >> 7;
            count += sums * 0x0101010101010101ull >> 56;
        }
        return count;
    }

    // Call `body(place, count)` for every counter that is not zero.
    template <typename Body>
    void for_each_occupied(std::size_t size, const Body& body) const {
        constexpr std::size_t kBlock = 32;  // bytes: most are empty
        for (std::size_t start = 0; start < size; start += kBlock) {
            if (!(eight(start) | eight(start + 8) | eight(start + 16) | eight(start + 24))) continue;
            for (std::size_t first = start; first < start + kBlock; first += 8)
                for (std::uint64_t mask = occupied(first); mask; mask &= mask - 1) {
                    const std::size_t place = first + static_cast<std::size_t>(std::countr_zero(mask)) / 8;
                    std::int64_t count = 0;
                    for (std::size_t p = 0; p < n; ++p) count += counters[p][place];
                    body(place, count);
                }
        }
    }

private:
    std::uint64_t eight(std::size_t place) const {
        std::uint64_t any = 0;
        for (std::size_t p = 0; p < n; ++p) {
            std::uint64_t word;
            std::memcpy(&word, counters[p] + place, 8);
            any |= word;
        }
        return any;
    }
};

template <std::size_t C>
Histogram table_histogram(const std::uint8_t* samples, std::size_t n, Team& team) {
    constexpr std::size_t table_size = std::size_t{1} << (8 * C);
    constexpr std::size_t region_size = std::min(kRegionSize, table_size);
    const std::size_t n_tables = std::clamp<std::size_t>(n / kWorthAThread, 1, std::min(team.size(), kMaxTables));
    std::vector<CounterTable> tables;
    const Fill fill = n >= kWorthATable ? Fill::dense : Fill::sparse;
    for (std::size_t t = 0; t < n_tables; ++t) tables.emplace_back(table_size, fill);
    team.run(n_tables, [&](std::size_t t, std::size_t) {
        const std::size_t first = n * t / n_tables, last = n * (t + 1) / n_tables;
        const auto count = [&]<Fill kind>() {
            for_each_key<C>(samples + first * C, last - first, tables[t].adder<1, kind>(), tables[t].adder<8, kind>());
        };
        if (fill == Fill::dense)
            count.template operator()<Fill::dense>();
        else
            count.template operator()<Fill::sparse>();
    });

    // Region by region: how many colours, then which.
    const std::size_t n_regions = tables[0].touched.size();
    const auto parts_of = [&](std::size_t region) {
        Parts parts;
        for (const CounterTable& table : tables)
            if (table.touched[region]) parts.counters[parts.n++] = &table.counters[region << kRegionBits];
        return parts;
    };
    constexpr std::size_t kRegionsATask = 64;
    const std::size_t n_tasks = (n_regions + kRegionsATask - 1) / kRegionsATask;
    std::vector<std::size_t> start(n_regions + 1, 0);
    const auto for_regions = [&](auto&& body) {
        team.run(n_tasks, [&](std::size_t task, std::size_t) {
            const std::size_t end = std::min(n_regions, (task + 1) * kRegionsATask);
            for (std::size_t region = task * kRegionsATask; region < end; ++region) body(region);
        });
    };
    for_regions([&](std::size_t region) {
        const Parts parts = parts_of(region);
        start[region + 1] = parts.n ? parts.count_occupied(region_size) : 0;
    });
    std::partial_sum(start.begin(), start.end(), start.begin());
    Histogram result{Buffer<std::uint64_t>(start[n_regions]), Buffer<std::int64_t>(start[n_regions])};
    for_regions([&](std::size_t region) {
        const Parts parts = parts_of(region);
        std::size_t at = start[region];
        if (parts.n == 0) return;
        parts.for_each_occupied(region_size, [&](std::size_t low, std::int64_t count) {
            result.keys[at] = region << kRegionBits | low;
            result.counts[at++] = count;
        });
    });
    for (const CounterTable& table : tables)
        for (const std::uint32_t key : table.wrapped) {
            const std::uint64_t* first = result.keys.begin() + start[key >> kRegionBits];
            const std::uint64_t* last = result.keys.begin() + start[(key >> kRegionBits) + 1];
            result.counts[static_cast<std::size_t>(std::lower_bound(first, last, key) - result.keys.begin())] += kWrap;
        }
    return result;
}

// Small pictures: sort the keys into regions first, then count one region after the other in the nearest cache.
Histogram partition_histogram(const std::uint8_t* samples, std::size_t n) {
    constexpr std::size_t n_regions = (std::size_t{1} << 24) >> kRegionBits;
    std::vector<std::uint32_t> start(n_regions + 1, 0);
    for_each_key<3>(
        samples, n, [size = start.data() + 1](std::uint32_t key) { ++size[key >> kRegionBits]; },
        [size = start.data() + 1](std::uint32_t key) { size[key >> kRegionBits] += 8; });
    std::partial_sum(start.begin(), start.end(), start.begin());
    Buffer<std::uint16_t> low_bits(n);
    std::vector<std::uint32_t> at(start.begin(), start.end() - 1);
    for_each_key<3>(
        samples, n,
        [at = at.data(), low = low_bits.begin()](std::uint32_t key) {
            low[at[key >> kRegionBits]++] = static_cast<std::uint16_t>(key & (kRegionSize - 1));
        },
        [at = at.data(), low = low_bits.begin()](std::uint32_t key) {
            std::fill_n(low + at[key >> kRegionBits], 8, static_cast<std::uint16_t>(key & (kRegionSize - 1)));
            at[key >> kRegionBits] += 8;
        });

    Histogram result{Buffer<std::uint64_t>(n, Fill::sparse), Buffer<std::int64_t>(n, Fill::sparse)};
    CounterTable table(kRegionSize, Fill::dense);
    std::uint8_t* const counters = table.counters.begin();
    std::uint16_t places[kRegionSize + 8];
    std::size_t end = 0;
    for (std::size_t region = 0; region < n_regions; ++region) {
        if (start[region] == start[region + 1]) continue;
        const auto add = table.adder<1, Fill::dense>();
        for (std::size_t i = start[region]; i < start[region + 1]; ++i) add(low_bits[i]);
        const std::size_t first = end;
        const std::size_t n_found = kernels().occupied(counters, kRegionSize, places);
        for (std::size_t i = 0; i < n_found; ++i) {
            result.keys[end] = region << kRegionBits | places[i];
            result.counts[end++] = counters[places[i]];
            counters[places[i]] = 0;
        }
        for (const std::uint32_t low : table.wrapped) {
            const std::uint64_t* found =
                std::lower_bound(result.keys.begin() + first, result.keys.begin() + end, region << kRegionBits | low);
            result.counts[static_cast<std::size_t>(found - result.keys.begin())] += kWrap;
        }
        table.wrapped.clear();
    }
    result.keys.size = result.counts.size = end;
    return result;
}

// --- longer keys: radix sort, then count the runs ----------------------------------------------------------------

template <typename Key>
void radix_sort(Buffer<Key>& keys) {
    constexpr int kDigitBits = 11;
    constexpr std::size_t kDigits = std::size_t{1} << kDigitBits;
    Buffer<Key> other(keys.size);
    for (int shift = 0; shift < static_cast<int>(8 * sizeof(Key)); shift += kDigitBits) {
        std::array<std::size_t, kDigits + 1> start{};
        for (std::size_t i = 0; i < keys.size; ++i) ++start[(keys[i] >> shift & (kDigits - 1)) + 1];
        if (std::find(start.begin(), start.end(), keys.size) != start.end()) continue;  // all the same digit
        for (std::size_t d = 0; d < kDigits; ++d) start[d + 1] += start[d];
        for (std::size_t i = 0; i < keys.size; ++i) other[start[keys[i] >> shift & (kDigits - 1)]++] = keys[i];
        std::swap(keys.data, other.data);
    }
}

template <typename Key>
Histogram count_runs(const Buffer<Key>& sorted) {
    std::size_t distinct = 0;
    for (std::size_t i = 0; i < sorted.size; ++i) distinct += i == 0 || sorted[i] != sorted[i - 1];
    Histogram result{Buffer<std::uint64_t>(distinct), Buffer<std::int64_t>(distinct)};
    std::size_t at = 0;
    for (std::size_t i = 0; i < sorted.size;) {
        std::size_t end = i + 1;
        while (end < sorted.size && sorted[end] == sorted[i]) ++end;
        result.keys[at] = sorted[i];
        result.counts[at++] = static_cast<std::int64_t>(end - i);
        i = end;
    }
    return result;
}

template <std::size_t C, typename Key, typename Sample>
Histogram sorted_histogram(const Sample* samples, std::size_t n) {
    static constexpr Morton morton(C, 8 * sizeof(Sample));
    Buffer<Key> keys(n);
    for (std::size_t i = 0; i < n; ++i) keys[i] = morton.key<C>(samples + i * C);
    radix_sort(keys);
    return count_runs(keys);
}

template <std::size_t C, typename Sample>
void decode(const std::uint64_t* keys, std::size_t n, Sample* colors) {
    static constexpr Morton morton(C, 8 * sizeof(Sample));
    for (std::size_t i = 0; i < n; ++i) {
        const std::uint64_t packed = morton.samples(keys[i]);
        for (std::size_t c = 0; c < C; ++c) colors[i * C + c] = static_cast<Sample>(packed >> (16 * c));
    }
}

}  // namespace

Histogram histogram(const std::uint8_t* samples, std::size_t n, std::size_t n_channels, Team& team) {
    switch (n_channels) {
        case 1: return table_histogram<1>(samples, n, team);
        case 2: return table_histogram<2>(samples, n, team);
        case 3: {
            const bool is_small = n < (team.size() > 1 ? kWorthAThread : kWorthATable);
            return is_small ? partition_histogram(samples, n) : table_histogram<3>(samples, n, team);
        }
        case 4: return sorted_histogram<4, std::uint32_t>(samples, n);
        default: throw std::invalid_argument("a pixel has 1 to 4 channels");
    }
}

Histogram histogram(const std::uint16_t* samples, std::size_t n, std::size_t n_channels, Team&) {
    switch (n_channels) {
        case 1: return sorted_histogram<1, std::uint32_t>(samples, n);
        case 2: return sorted_histogram<2, std::uint32_t>(samples, n);
        case 3: return sorted_histogram<3, std::uint64_t>(samples, n);
        case 4: return sorted_histogram<4, std::uint64_t>(samples, n);
        default: throw std::invalid_argument("a pixel has 1 to 4 channels");
    }
}

void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels, std::uint8_t* colors) {
    with_channels(n_channels, [&](auto c) { decode<c()>(keys, n, colors); });
}

void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels, std::uint16_t* colors) {
    with_channels(n_channels, [&](auto c) { decode<c()>(keys, n, colors); });
}

}  // namespace pil_kmeans
