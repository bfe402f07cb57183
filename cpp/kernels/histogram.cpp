#include "kernels/histogram.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>
#include <vector>

#include "kernels/key_index.hpp"
#include "kernels/morton.hpp"

namespace pil_kmeans {
namespace {

// --- keys of at most 24 bits: a table of one-byte counters -------------------------------------------------------
// A counter that wraps is noted in a list, so the whole table stays 16 MB. Regions of the table that no pixel falls
// in are neither touched nor scanned, which is most of them in most pictures.

constexpr int kRegionBits = 12;
constexpr std::size_t kRegionSize = std::size_t{1} << kRegionBits;
constexpr std::size_t kMaxTables = 3;  // one a thread; bounds the memory at 48 MB

struct CounterTable {
    Buffer<std::uint8_t> counters;        // cleared region by region, when a region is first met
    std::vector<std::uint8_t> touched;    // per region
    std::vector<std::uint32_t> wrapped;   // a key for every 256 pixels beyond the counter

    explicit CounterTable(int key_bits)
        : counters(std::size_t{1} << key_bits), touched((counters.size + kRegionSize - 1) >> kRegionBits, 0) {}

    void add(std::uint32_t key, std::uint8_t n) {
        std::uint8_t& region = touched[key >> kRegionBits];
        if (!region) [[unlikely]] {
            region = 1;
            const std::size_t first = key & ~(kRegionSize - 1);
            std::memset(&counters[first], 0, std::min(kRegionSize, counters.size - first));
        }
        std::uint8_t& counter = counters[key];
        counter = static_cast<std::uint8_t>(counter + n);
        if (counter < n) wrapped.push_back(key);
    }
};

template <std::size_t C>
void count_pixels(const std::uint8_t* samples, std::size_t n, CounterTable& table) {
    static constexpr Morton morton(C, 8);
    constexpr std::size_t kRun = 8;  // pixels compared at once with their right neighbours
    std::size_t i = 0;
    while (i + kRun < n) {
        const std::uint8_t* pixel = samples + i * C;
        if (std::memcmp(pixel, pixel + C, kRun * C) == 0) {
            table.add(morton.key<C>(pixel), kRun);
        } else {
            for (std::size_t j = 0; j < kRun; ++j) table.add(morton.key<C>(pixel + j * C), 1);
        }
        i += kRun;
    }
    for (; i < n; ++i) table.add(morton.key<C>(samples + i * C), 1);
}

template <std::size_t C>
Histogram table_histogram(const std::uint8_t* samples, std::size_t n, Team& team) {
    constexpr int key_bits = 8 * C;
    constexpr std::size_t kWorthAThread = std::size_t{1} << 20;  // pixels
    const std::size_t n_tables = std::clamp<std::size_t>(n / kWorthAThread, 1, std::min(team.size(), kMaxTables));
    std::vector<CounterTable> tables;
    for (std::size_t t = 0; t < n_tables; ++t) tables.emplace_back(key_bits);
    team.run(n_tables, [&](std::size_t t, std::size_t) {
        const std::size_t first = n * t / n_tables, last = n * (t + 1) / n_tables;
        count_pixels<C>(samples + first * C, last - first, tables[t]);
    });

    std::vector<std::uint32_t> wrapped;
    for (const CounterTable& table : tables) wrapped.insert(wrapped.end(), table.wrapped.begin(), table.wrapped.end());
    std::sort(wrapped.begin(), wrapped.end());

    // Regions in order: merge the tables into sums, count the distinct keys, then write them out.
    const std::size_t n_regions = tables[0].touched.size();
    std::vector<std::size_t> distinct(n_regions + 1, 0);
    const std::size_t region_size = std::min(kRegionSize, tables[0].counters.size);
    const auto visit = [&](std::size_t region, auto&& colour) {
        const std::size_t first_key = region << kRegionBits;
        std::array<const std::uint8_t*, kMaxTables> parts{};
        std::size_t n_parts = 0;
        for (const CounterTable& table : tables)
            if (table.touched[region]) parts[n_parts++] = table.counters.begin() + first_key;
        if (n_parts == 0) return;
        auto wrap = wrapped.empty() ? wrapped.end() : std::lower_bound(wrapped.begin(), wrapped.end(), first_key);
        std::size_t next_wrap = wrap == wrapped.end() ? ~std::size_t{0} : *wrap;
        for (std::size_t word = 0; word < region_size; word += 8) {
            std::uint64_t any = 0;
            for (std::size_t p = 0; p < n_parts; ++p) {
                std::uint64_t eight;
                std::memcpy(&eight, parts[p] + word, 8);
                any |= eight;
            }
            if (any == 0 && next_wrap >= first_key + word + 8) continue;
            for (std::size_t j = word; j < word + 8; ++j) {
                std::int64_t count = 0;
                for (std::size_t p = 0; p < n_parts; ++p) count += parts[p][j];
                while (next_wrap == first_key + j) {
                    count += 256;
                    ++wrap;
                    next_wrap = wrap == wrapped.end() ? ~std::size_t{0} : *wrap;
                }
                if (count) colour(first_key + j, count);
            }
        }
    };
    constexpr std::size_t kRegionsATask = 64;
    const std::size_t n_tasks = (n_regions + kRegionsATask - 1) / kRegionsATask;
    const auto regions = [&](std::size_t task, auto&& body) {
        for (std::size_t r = task * kRegionsATask; r < std::min(n_regions, (task + 1) * kRegionsATask); ++r) body(r);
    };
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        regions(task, [&](std::size_t r) {
            std::size_t found = 0;
            visit(r, [&](std::size_t, std::int64_t) { ++found; });
            distinct[r + 1] = found;
        });
    });
    for (std::size_t r = 0; r < n_regions; ++r) distinct[r + 1] += distinct[r];
    Histogram result{Buffer<std::uint64_t>(distinct[n_regions]), Buffer<std::int64_t>(distinct[n_regions])};
    team.run(n_tasks, [&](std::size_t task, std::size_t) {
        regions(task, [&](std::size_t r) {
            std::size_t at = distinct[r];
            visit(r, [&](std::size_t key, std::int64_t count) {
                result.keys[at] = key;
                result.counts[at++] = count;
            });
        });
    });
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
Buffer<std::int64_t> weigh_pixels(const Sample* samples, const std::uint32_t* weights, std::size_t n,
                                  const std::uint64_t* keys, std::size_t n_keys) {
    static constexpr Morton morton(C, 8 * sizeof(Sample));
    const KeyIndex index(keys, n_keys);
    Buffer<std::int64_t> sums(n_keys);
    std::fill_n(sums.begin(), n_keys, 0);
    for (std::size_t i = 0; i < n; ++i) {
        const std::size_t at = index.find(morton.key<C>(samples + i * C));
        if (at == n_keys) throw std::invalid_argument("a pixel's colour is not in the histogram");
        sums[at] += weights[i];
    }
    return sums;
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
        case 3: return table_histogram<3>(samples, n, team);
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

CellHistogram cell_histogram(const std::uint8_t* samples, std::size_t n, Team& team) {
    // One 64-bit word a cell and chunk of pixels: the pixel count in the top 16 bits, then for each channel the sum
    // of the bits that the cell leaves out. A chunk is small enough that no field can overflow into the next.
    static constexpr Morton morton(3, 8);
    constexpr int kDropped = 8 - kCellBits;
    constexpr unsigned kOffset = (1u << kDropped) - 1;
    constexpr std::size_t kCells = std::size_t{1} << (3 * kCellBits);
    constexpr std::uint32_t kFull = 21845;  // 65535 / kOffset, and below 65536: the largest count a word holds
    struct Sums {
        std::uint64_t count = 0;
        std::array<std::uint64_t, 3> offset{};
    };
    struct Table {
        std::vector<std::uint64_t> words = std::vector<std::uint64_t>(kCells, 0);
        std::vector<std::pair<std::uint32_t, std::uint64_t>> spilled;
    };
    constexpr std::size_t kWorthAThread = std::size_t{1} << 20;
    const std::size_t n_tables = std::clamp<std::size_t>(n / kWorthAThread, 1, team.size());
    std::vector<Table> tables(n_tables);
    team.run(n_tables, [&](std::size_t t, std::size_t) {
        Table& table = tables[t];
        const std::size_t last = n * (t + 1) / n_tables;
        const auto add = [&](const std::uint8_t* pixel, std::uint64_t times) {
            const std::uint32_t cell = morton.key<3>(pixel) >> (3 * kDropped);
            std::uint64_t& word = table.words[cell];
            if (word >> 48 > kFull - 8) [[unlikely]] {
                table.spilled.emplace_back(cell, word);
                word = 0;
            }
            word += times * (std::uint64_t{1} << 48 | static_cast<std::uint64_t>(pixel[0] & kOffset) << 32 |
                             static_cast<std::uint64_t>(pixel[1] & kOffset) << 16 | (pixel[2] & kOffset));
        };
        std::size_t i = n * t / n_tables;
        for (; i + 8 < last; i += 8) {
            const std::uint8_t* pixel = samples + 3 * i;
            if (std::memcmp(pixel, pixel + 3, 24) == 0) {
                add(pixel, 8);
            } else {
                for (std::size_t j = 0; j < 8; ++j) add(pixel + 3 * j, 1);
            }
        }
        for (; i < last; ++i) add(samples + 3 * i, 1);
        std::sort(table.spilled.begin(), table.spilled.end());
    });

    std::size_t occupied = 0;
    std::vector<std::size_t> spilled_at(n_tables, 0);
    const auto has_pixels = [&](std::size_t cell) {
        for (const Table& table : tables)
            if (table.words[cell]) return true;
        return false;
    };
    for (std::size_t cell = 0; cell < kCells; ++cell) occupied += has_pixels(cell);
    CellHistogram result{Buffer<std::uint64_t>(occupied), Buffer<std::int64_t>(occupied),
                         Buffer<std::uint16_t>(3 * occupied)};
    std::size_t at = 0;
    for (std::size_t cell = 0; cell < kCells; ++cell) {
        if (!has_pixels(cell)) continue;
        Sums sums;
        const auto merge = [&](std::uint64_t word) {
            sums.count += word >> 48;
            for (int c = 0; c < 3; ++c) sums.offset[static_cast<std::size_t>(c)] += word >> (32 - 16 * c) & 0xffff;
        };
        for (std::size_t t = 0; t < n_tables; ++t) {
            merge(tables[t].words[cell]);
            std::size_t& s = spilled_at[t];
            for (; s < tables[t].spilled.size() && tables[t].spilled[s].first == cell; ++s)
                merge(tables[t].spilled[s].second);
        }
        const std::uint64_t corner = morton.samples(static_cast<std::uint64_t>(cell) << (3 * kDropped));
        for (std::size_t c = 0; c < 3; ++c)
            result.colors[3 * at + c] = static_cast<std::uint16_t>(
                257u * (corner >> (16 * c) & 0xffff) + (257u * sums.offset[c] + sums.count / 2) / sums.count);
        result.keys[at] = cell;
        result.counts[at++] = static_cast<std::int64_t>(sums.count);
    }
    return result;
}

Buffer<std::int64_t> weigh(const std::uint8_t* samples, const std::uint32_t* weights, std::size_t n,
                           std::size_t n_channels, const std::uint64_t* keys, std::size_t n_keys) {
    return with_channels(n_channels, [&](auto c) { return weigh_pixels<c()>(samples, weights, n, keys, n_keys); });
}

Buffer<std::int64_t> weigh(const std::uint16_t* samples, const std::uint32_t* weights, std::size_t n,
                           std::size_t n_channels, const std::uint64_t* keys, std::size_t n_keys) {
    return with_channels(n_channels, [&](auto c) { return weigh_pixels<c()>(samples, weights, n, keys, n_keys); });
}

void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels, std::uint8_t* colors) {
    with_channels(n_channels, [&](auto c) { decode<c()>(keys, n, colors); });
}

void key_colors(const std::uint64_t* keys, std::size_t n, std::size_t n_channels, std::uint16_t* colors) {
    with_channels(n_channels, [&](auto c) { decode<c()>(keys, n, colors); });
}

}  // namespace pil_kmeans
