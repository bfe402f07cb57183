// Histogram of RGB pixels in cells, a word each.
//
// The pixel count on top, below it for each channel the sum of what the cell leaves out of the sample. A word whose top
// bit is set, which is the quickest to test, is put aside: before a sum can run over into the next.
#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kernels/histogram/histogram.hpp"
#include "kernels/histogram/pixel_keys.hpp"

namespace pil_kmeans {
namespace {

constexpr Morton kRgb(3, 8);

template <int bits>
struct CellTable {
    static constexpr int kDropped = 8 - bits, kSumBits = 16, kCountShift = 50;
    static constexpr std::size_t kCells = std::size_t{1} << (3 * bits);
    static constexpr std::size_t kRegions = kCells >> kRegionBits;
    static constexpr std::uint64_t kSumMask = (1u << kSumBits) - 1;
    static constexpr std::uint64_t kMostPixels =
        (std::uint64_t{1} << (63 - kCountShift)) + 7;  // the last eight at once
    static_assert(kMostPixels * ((1u << kDropped) - 1) <= kSumMask);
    // What a pixel adds, by the low bits of its key.
    static constexpr auto kIncrements = [] {
        std::array<std::uint64_t, std::size_t{1} << (3 * kDropped)> table{};
        for (std::size_t low = 0; low < table.size(); ++low) {
            const std::uint64_t offset = kRgb.samples(low);
            table[low] = std::uint64_t{1} << kCountShift;
            for (int c = 0; c < 3; ++c) table[low] |= (offset >> (16 * c) & 0xffff) << (kSumBits * c);
        }
        return table;
    }();

    Buffer<std::uint64_t> words = zeroed<std::uint64_t>(kCells, Fill::sparse);
    std::vector<std::uint8_t> touched = std::vector<std::uint8_t>(kRegions, kRegions <= 8);
    std::vector<std::pair<std::uint32_t, std::uint64_t>> spilled;

    template <std::uint64_t times>
    auto adder() {
        return [word = words.begin(), region = touched.data(), this](std::uint32_t key) {
            const std::uint32_t cell = key >> (3 * kDropped);
            if constexpr (kRegions > 8) region[cell >> kRegionBits] = 1;  // few regions are all met anyway
            std::uint64_t sums = word[cell];
            if (sums >> 63) [[unlikely]] {
                spilled.emplace_back(cell, sums);
                sums = 0;
            }
            word[cell] = sums + times * kIncrements[key & (kIncrements.size() - 1)];
        };
    }
};

template <int bits>
CellHistogram count_cells(const std::uint8_t* samples, std::size_t n, Team& team) {
    using Table = CellTable<bits>;
    const std::size_t n_tables = std::clamp<std::size_t>(n / kWorthAThread, 1, team.size());
    std::vector<Table> tables(n_tables);
    team.run(n_tables, [&](std::size_t t, std::size_t) {
        Table& table = tables[t];
        const std::size_t first = n * t / n_tables, last = n * (t + 1) / n_tables;
        for_each_key<3>(samples + 3 * first, last - first, table.template adder<1>(), table.template adder<8>());
        std::sort(table.spilled.begin(), table.spilled.end());
    });

    const auto for_each_cell = [&](auto&& body) {
        std::array<std::uint64_t, kRegionSize> words;  // of all tables: 0 where none has a pixel
        for (std::size_t region = 0; region < Table::kRegions; ++region) {
            bool is_touched = false;
            for (const Table& table : tables) {
                if (!table.touched[region]) continue;
                const std::uint64_t* const own = &table.words[region << kRegionBits];
                for (std::size_t i = 0; i < kRegionSize; ++i) words[i] = is_touched ? words[i] | own[i] : own[i];
                is_touched = true;
            }
            for (std::size_t i = 0; is_touched && i < kRegionSize; ++i)
                if (words[i]) body((region << kRegionBits) + i);
        }
    };
    std::size_t most = 0;  // room for all the cells that there may be
    for (const Table& table : tables)
        most += static_cast<std::size_t>(std::count(table.touched.begin(), table.touched.end(), 1)) * kRegionSize;
    most = std::min({most, n, Table::kCells});
    CellHistogram result{Buffer<std::uint64_t>(most, Fill::sparse), Buffer<std::int64_t>(most, Fill::sparse),
                         Buffer<std::uint16_t>(3 * most, Fill::sparse)};
    std::size_t at = 0;
    std::vector<std::size_t> spilled_at(n_tables, 0);
    for_each_cell([&](std::size_t cell) {
        std::uint64_t count = 0, offset[3] = {0, 0, 0};
        const auto merge = [&](std::uint64_t word) {
            count += word >> Table::kCountShift;
            for (int c = 0; c < 3; ++c) offset[c] += word >> (Table::kSumBits * c) & Table::kSumMask;
        };
        for (std::size_t t = 0; t < n_tables; ++t) {
            merge(tables[t].words[cell]);
            std::size_t& s = spilled_at[t];
            for (; s < tables[t].spilled.size() && tables[t].spilled[s].first == cell; ++s)
                merge(tables[t].spilled[s].second);
        }
        const std::uint64_t corner = kRgb.samples(static_cast<std::uint64_t>(cell) << (3 * Table::kDropped));
        const auto rounded_mean = [&]<typename Integer>(std::uint64_t sum, Integer total) {
            return (257 * static_cast<Integer>(sum) + total / 2) / total;
        };
        const bool is_small = count < 1u << 20;  // 257 * 7 * count fits in 32 bits, whose division is faster
        for (std::size_t c = 0; c < 3; ++c) {
            const std::uint64_t mean =
                is_small ? rounded_mean(offset[c], static_cast<std::uint32_t>(count)) : rounded_mean(offset[c], count);
            result.colors[3 * at + c] = static_cast<std::uint16_t>(257u * (corner >> (16 * c) & 0xffff) + mean);
        }
        result.keys[at] = cell;
        result.counts[at++] = static_cast<std::int64_t>(count);
    });
    result.keys.size = result.counts.size = at;
    result.colors.size = 3 * at;
    return result;
}

}  // namespace

CellHistogram cell_histogram(const std::uint8_t* samples, std::size_t n, int bits, Team& team) {
    switch (bits) {
        case 5:
            return count_cells<5>(samples, n, team);
        case 6:
            return count_cells<6>(samples, n, team);
        default:
            throw std::invalid_argument("cells have 5 or 6 bits a channel");
    }
}

}  // namespace pil_kmeans
