#include "kernels/png/row_filters.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "kernels/base/buffer.hpp"
#include "kernels/base/log2.hpp"

namespace pil_kmeans {
namespace {

using Byte = std::uint8_t;

Byte paeth(int left, int above, int above_left) {
    const int to_left = std::abs(above - above_left), to_above = std::abs(left - above_left);
    const int to_both = std::abs(left + above - 2 * above_left);
    const int not_left = to_above <= to_both ? above : above_left;
    return static_cast<Byte>(to_left <= to_above && to_left <= to_both ? left : not_left);
}

// Both rows have a zero before their first byte.
void filter_row(RowFilter type, const Byte* row, const Byte* above, std::size_t n, Byte* out) {
    const auto subtract = [=](const auto& prediction) {
        for (std::size_t i = 0; i < n; ++i)
            out[i] = static_cast<Byte>(row[i] - prediction(row[i - 1], above[i], above[i - 1]));
    };
    switch (type) {
        case RowFilter::none:
            std::copy_n(row, n, out);
            break;
        case RowFilter::sub:
            subtract([](Byte left, Byte, Byte) { return left; });
            break;
        case RowFilter::up:
            subtract([](Byte, Byte up, Byte) { return up; });
            break;
        case RowFilter::average:
            subtract([](Byte left, Byte up, Byte) { return static_cast<Byte>((left + up) / 2); });
            break;
        case RowFilter::paeth:
            subtract([](Byte left, Byte up, Byte up_left) { return paeth(left, up, up_left); });
            break;
    }
}

// The sum of c log2(c) over how often each value occurs: of rows of one length, it is largest for the least entropy.
std::uint64_t concentration(const Byte* bytes, std::size_t n) {
    static constexpr std::size_t kTable = 1024;
    static const auto logarithms = [] {
        std::array<std::uint32_t, kTable> table{};
        for (std::uint32_t c = 1; c < kTable; ++c) table[c] = log2_fixed(c);
        return table;
    }();
    // Two histograms: runs of one value would otherwise wait for their own last count.
    std::array<std::uint32_t, 256> counts{}, odd_counts{};
    std::size_t i = 0;
    for (; i + 1 < n; i += 2) {
        ++counts[bytes[i]];
        ++odd_counts[bytes[i + 1]];
    }
    if (i < n) ++counts[bytes[i]];
    std::uint64_t sum = 0;
    for (std::size_t value = 0; value < 256; ++value) {
        const std::uint32_t count = counts[value] + odd_counts[value];
        sum += std::uint64_t{count} * (count < kTable ? logarithms[count] : log2_fixed(count));
    }
    return sum;
}

}  // namespace

void filter_rows(const std::uint8_t* rows, std::size_t n_rows, std::size_t n_bytes, const RowFilter* types,
                 std::size_t n_types, std::uint8_t* filtered) {
    auto row = zeroed<Byte>(1 + n_bytes, Fill::dense), above = zeroed<Byte>(1 + n_bytes, Fill::dense);
    Buffer<Byte> trial(n_bytes);
    for (std::size_t y = 0; y < n_rows; ++y) {
        std::copy_n(rows + y * n_bytes, n_bytes, row.begin() + 1);
        Byte* const out = filtered + y * (1 + n_bytes);
        std::uint64_t highest = 0;
        for (std::size_t t = 0; t < n_types; ++t) {
            Byte* const target = t ? trial.begin() : out + 1;
            filter_row(types[t], row.begin() + 1, above.begin() + 1, n_bytes, target);
            const std::uint64_t found = n_types > 1 ? concentration(target, n_bytes) : 0;
            if (t > 0 && found <= highest) continue;
            highest = found;
            out[0] = static_cast<Byte>(types[t]);
            if (t) std::copy_n(target, n_bytes, out + 1);
        }
        std::swap(row, above);
    }
}

}  // namespace pil_kmeans
