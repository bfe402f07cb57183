#include "kernels/png/row_filters.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "kernels/base/buffer.hpp"
#include "kernels/base/log2.hpp"
#include "kernels/png/predicted.hpp"

namespace pil_kmeans {
namespace {

using Byte = std::uint8_t;

// Both rows have zeros before their first byte, as many as a pixel has bytes.
void filter_row(RowFilter type, const Byte* row, const Byte* above, std::size_t n, std::size_t pixel_bytes, Byte* out) {
    const Byte* const left_row = row - pixel_bytes;
    const Byte* const left_above = above - pixel_bytes;
    const auto subtract = [=](const auto& prediction) {
        for (std::size_t i = 0; i < n; ++i)
            out[i] = static_cast<Byte>(row[i] - prediction(left_row[i], above[i], left_above[i]));
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
            subtract(predicted_by_paeth);
            break;
    }
}

constexpr std::size_t kTable = 1024;

// c log2(c), in 65536ths.
std::uint64_t times_logarithm(std::uint32_t c) {
    static const auto logarithms = [] {
        std::array<std::uint32_t, kTable> table{};
        for (std::uint32_t i = 1; i < kTable; ++i) table[i] = log2_fixed(i);
        return table;
    }();
    return std::uint64_t{c} * (c < kTable ? logarithms[c] : log2_fixed(c));
}

// The sum of c log2(c) over how often each value occurs: of rows of one length, it is largest for the least entropy.
std::uint64_t concentration(const Byte* bytes, std::size_t n) {
    // Two histograms: runs of one value would otherwise wait for their own last count.
    std::array<std::uint32_t, 256> counts{}, odd_counts{};
    std::size_t i = 0;
    for (; i + 1 < n; i += 2) {
        ++counts[bytes[i]];
        ++odd_counts[bytes[i + 1]];
    }
    if (i < n) ++counts[bytes[i]];
    std::uint64_t sum = 0;
    for (std::size_t value = 0; value < 256; ++value)
        if (const std::uint32_t count = counts[value] + odd_counts[value]) sum += times_logarithm(count);
    return sum;
}

std::uint64_t absolute_sum(const Byte* bytes, std::size_t n) {
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += bytes[i] < 128 ? bytes[i] : 256u - bytes[i];
    return sum;
}

// How good filtered rows are by a measure, more for better.
class RowJudge {
  public:
    explicit RowJudge(RowMeasure measure) : measure_(measure) {
        if (measure == RowMeasure::pairs) counts_ = zeroed<std::uint32_t>(std::size_t{1} << 16, Fill::dense);
    }

    std::uint64_t operator()(const Byte* bytes, std::size_t n) {
        switch (measure_) {
            case RowMeasure::entropy:
                return concentration(bytes, n);
            case RowMeasure::sum:
                return ~absolute_sum(bytes, n);
            case RowMeasure::pairs:
                break;
        }
        std::uint64_t different = 0;
        for (std::size_t i = 1; i < n; ++i) ++counts_[pair(bytes, i)];
        for (std::size_t i = 1; i < n; ++i) {  // and have none left
            std::uint32_t& count = counts_[pair(bytes, i)];
            different += count > 0;
            count = 0;
        }
        return ~different;
    }

  private:
    static std::size_t pair(const Byte* bytes, std::size_t i) {
        return static_cast<std::size_t>(bytes[i - 1]) << 8 | bytes[i];
    }

    const RowMeasure measure_;
    Buffer<std::uint32_t> counts_;
};

}  // namespace

void filter_rows(const std::uint8_t* rows, std::size_t n_rows, std::size_t n_bytes, std::size_t pixel_bytes,
                 const RowFilter* types, std::size_t n_types, RowMeasure measure, std::uint8_t* filtered) {
    auto row = zeroed<Byte>(kMostPixelBytes + n_bytes, Fill::dense);
    auto above = zeroed<Byte>(kMostPixelBytes + n_bytes, Fill::dense);
    Buffer<Byte> trial(n_bytes);
    RowJudge judge(measure);
    for (std::size_t y = 0; y < n_rows; ++y) {
        std::copy_n(rows + y * n_bytes, n_bytes, row.begin() + kMostPixelBytes);
        Byte* const out = filtered + y * (1 + n_bytes);
        std::uint64_t highest = 0;
        for (std::size_t t = 0; t < n_types; ++t) {
            Byte* const target = t ? trial.begin() : out + 1;
            filter_row(types[t], row.begin() + kMostPixelBytes, above.begin() + kMostPixelBytes, n_bytes, pixel_bytes,
                       target);
            const std::uint64_t found = n_types > 1 ? judge(target, n_bytes) : 0;
            if (t > 0 && found <= highest) continue;
            highest = found;
            out[0] = static_cast<Byte>(types[t]);
            if (t) std::copy_n(target, n_bytes, out + 1);
        }
        std::swap(row, above);
    }
}

}  // namespace pil_kmeans
