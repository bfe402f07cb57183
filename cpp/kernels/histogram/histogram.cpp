#include "kernels/histogram/histogram.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstring>
#include <numeric>
#include <stdexcept>
#include <vector>

#include "kernels/base/prefetch.hpp"
#include "kernels/histogram/pixel_keys.hpp"

namespace pil_kmeans {
namespace {

// --- keys of at most 24 bits: a table of one-byte counters -------------------------------------------------------
// A counter that is full goes on at 1 and is noted in a list, so the whole table stays 16 MB.

constexpr std::size_t kMaxTables = 3;                       // one a thread; bounds the memory at 48 MB
constexpr std::size_t kWorthATable = std::size_t{1} << 19;  // pixels

struct CounterTable {
    Buffer<std::uint8_t> own;
    std::uint8_t* counters = nullptr;    // its own or somebody else's
    std::vector<std::uint32_t> wrapped;  // a key for every kTableWrap pixels beyond the counter

    CounterTable() = default;
    explicit CounterTable(std::size_t size) : own(zeroed<std::uint8_t>(size, Fill::dense)), counters(own.begin()) {}
    explicit CounterTable(std::uint8_t* others) : counters(others) {}

    // Adds n to the counter of a key. Holds a plain pointer by value: a store of a byte may not be taken to change it.
    template <std::uint8_t n>
    auto adder() {
        return [counter = counters, this](std::uint32_t key) {
            const auto count = static_cast<std::uint8_t>(counter[key] + n);
            counter[key] = count;
            if (count < n) [[unlikely]] {
                ++counter[key];
                wrapped.push_back(key);
            }
        };
    }
};

// Add some counters, the first of which is that of `key`, to others; `wrapped` as in CounterTable.
void add_counters(const std::uint8_t* from, std::size_t size, std::uint32_t key, std::uint8_t* to,
                  std::vector<std::uint32_t>& wrapped) {
    constexpr std::size_t kTogether = 64;
    for (std::size_t start = 0; start < size; start += kTogether) {
        std::uint8_t is_over = 0;
        for (std::size_t i = start; i < start + kTogether; ++i) {
            to[i] = static_cast<std::uint8_t>(to[i] + from[i]);
            is_over |= to[i] < from[i];
        }
        if (!is_over) continue;
        for (std::size_t i = start; i < start + kTogether; ++i) {
            if (to[i] >= from[i]) continue;
            ++to[i];
            wrapped.push_back(key + static_cast<std::uint32_t>(i));
        }
    }
}

std::size_t count_occupied(const std::uint8_t* counters, std::size_t size) {
    constexpr std::size_t kTogether = 128;  // whose number fits in a byte
    std::size_t count = 0;
    for (std::size_t start = 0; start < size; start += kTogether) {
        std::uint8_t part = 0;
        for (std::size_t i = start; i < start + kTogether; ++i)
            part = static_cast<std::uint8_t>(part + (counters[i] != 0));
        count += part;
    }
    return count;
}

// Keys and counts of the counters of one region that are not zero; returns how many.
std::size_t take_occupied(const std::uint8_t* counters, std::size_t size, std::uint64_t first_key, std::uint64_t* keys,
                          std::int64_t* counts) {
    std::uint16_t places[kRegionSize + 8];
    const std::size_t n = kernels().occupied(counters, size, places);
    for (std::size_t i = 0; i < n; ++i) {
        keys[i] = first_key | places[i];
        counts[i] = counters[places[i]];
    }
    return n;
}

// What keys noted when their counters were full.
void add_wrapped(const std::vector<std::uint32_t>& wrapped, const std::uint64_t* first, const std::uint64_t* last,
                 std::int64_t* counts) {
    for (const std::uint32_t key : wrapped) counts[std::lower_bound(first, last, key) - first] += kTableWrap;
}

template <std::size_t C>
void count_keys(const std::uint8_t* samples, std::size_t n, CounterTable& table) {
    for_each_key<C>(samples, n, table.adder<1>(), table.adder<8>(),
                    [counters = table.counters](std::uint32_t key) { prefetch(counters + key); });
}

template <std::size_t C>
Histogram table_histogram(const std::uint8_t* samples, std::size_t n, Team& team) {
    constexpr std::size_t table_size = std::size_t{1} << (8 * C);
    constexpr std::size_t kPixelsATurn = std::size_t{1} << 17;
    const std::size_t n_tables = std::clamp<std::size_t>(n / kWorthAThread, 1, std::min(team.size(), kMaxTables));
    std::vector<CounterTable> tables(n_tables);
    std::atomic<std::size_t> next = 0;
    team.run(n_tables, [&](std::size_t t, std::size_t) {
        CounterTable& table = tables[t];
        table = CounterTable(table_size);  // here: two in one thread's heap are more than it keeps for the next call
        for (std::size_t first; (first = next.fetch_add(kPixelsATurn)) < n;)
            count_keys<C>(samples + first * C, std::min(kPixelsATurn, n - first), table);
    });
    constexpr std::size_t region_size = std::min(kRegionSize, table_size);
    // Region by region: all counters into the first table and how many colours, then which.
    CounterTable& all = tables[0];
    constexpr std::size_t n_regions = table_size / region_size;
    constexpr int kTaskBits = 6;  // regions
    const std::size_t n_tasks = ((n_regions - 1) >> kTaskBits) + 1;
    std::vector<std::vector<std::uint32_t>> wrapped(n_tasks);
    for (const CounterTable& table : tables)
        for (const std::uint32_t key : table.wrapped) wrapped[key >> (kRegionBits + kTaskBits)].push_back(key);
    const auto first_region = [&](std::size_t task) { return std::min(n_regions, task << kTaskBits); };
    std::vector<std::size_t> start(n_regions + 1, 0);
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        for (std::size_t region = first_region(task); region < first_region(task + 1); ++region) {
            const std::size_t first = region << kRegionBits;
            for (std::size_t t = 1; t < n_tables; ++t)
                add_counters(&tables[t].counters[first], region_size, static_cast<std::uint32_t>(first),
                             &all.counters[first], wrapped[task]);
            start[region + 1] = count_occupied(&all.counters[first], region_size);
        }
    });
    std::partial_sum(start.begin(), start.end(), start.begin());
    Histogram result{Buffer<std::uint64_t>(start[n_regions]), Buffer<std::int64_t>(start[n_regions])};
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        for (std::size_t region = first_region(task); region < first_region(task + 1); ++region) {
            const std::size_t first = region << kRegionBits, at = start[region];
            if (start[region + 1] > at)
                take_occupied(&all.counters[first], region_size, first, result.keys.begin() + at,
                              result.counts.begin() + at);
        }
        const std::size_t at = start[first_region(task)], end = start[first_region(task + 1)];
        add_wrapped(wrapped[task], result.keys.begin() + at, result.keys.begin() + end, result.counts.begin() + at);
    });
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
    CounterTable table(kRegionSize);
    std::uint8_t* const counters = table.counters;
    std::size_t end = 0;
    for (std::size_t region = 0; region < n_regions; ++region) {
        if (start[region] == start[region + 1]) continue;
        const auto add = table.adder<1>();
        for (std::size_t i = start[region]; i < start[region + 1]; ++i) add(low_bits[i]);
        std::uint64_t* const keys = result.keys.begin() + end;
        std::int64_t* const counts = result.counts.begin() + end;
        const std::uint64_t first = region << kRegionBits;
        const std::size_t n_found = take_occupied(counters, kRegionSize, first, keys, counts);
        for (std::size_t i = 0; i < n_found; ++i) counters[keys[i] - first] = 0;
        for (std::uint32_t& key : table.wrapped) key |= static_cast<std::uint32_t>(first);
        add_wrapped(table.wrapped, keys, keys + n_found, counts);
        table.wrapped.clear();
        end += n_found;
    }
    return {resized(std::move(result.keys), end), resized(std::move(result.counts), end)};
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
        case 1:
            return table_histogram<1>(samples, n, team);
        case 2:
            return table_histogram<2>(samples, n, team);
        case 3:
            return n < kWorthATable ? partition_histogram(samples, n) : table_histogram<3>(samples, n, team);
        case 4:
            return sorted_histogram<4, std::uint32_t>(samples, n);
        default:
            throw std::invalid_argument("a pixel has 1 to 4 channels");
    }
}

Histogram histogram(const std::uint16_t* samples, std::size_t n, std::size_t n_channels, Team&) {
    switch (n_channels) {
        case 1:
            return sorted_histogram<1, std::uint32_t>(samples, n);
        case 2:
            return sorted_histogram<2, std::uint32_t>(samples, n);
        case 3:
            return sorted_histogram<3, std::uint64_t>(samples, n);
        case 4:
            return sorted_histogram<4, std::uint64_t>(samples, n);
        default:
            throw std::invalid_argument("a pixel has 1 to 4 channels");
    }
}

std::vector<std::uint32_t> count_pixels(const std::uint8_t* samples, std::size_t n, std::uint8_t* table) {
    CounterTable counted(table);
    count_keys<3>(samples, n, counted);
    return std::move(counted.wrapped);
}

void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels, std::uint8_t* colors) {
    with_channels(n_channels, [&](auto c) { decode<c()>(keys, n, colors); });
}

void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels, std::uint16_t* colors) {
    with_channels(n_channels, [&](auto c) { decode<c()>(keys, n, colors); });
}

}  // namespace pil_kmeans
