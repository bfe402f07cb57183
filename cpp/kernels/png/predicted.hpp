// What a filter takes a byte to be (PNG specification, 9.2 to 9.4).
//
// Compiled once per instruction set, inside that set's own namespace.
#pragma once

#include <cstdint>

#include "kernels/png/row_filters.hpp"

namespace pil_kmeans::PIL_KMEANS_ISA {
namespace {

inline std::int32_t predicted_by_paeth(std::int32_t left, std::int32_t above, std::int32_t above_left) {
    const auto far = [](std::int32_t a) { return a < 0 ? -a : a; };
    const std::int32_t to_left = far(above - above_left), to_above = far(left - above_left),
                       to_above_left = far(left + above - 2 * above_left);
    if (to_left <= to_above && to_left <= to_above_left) return left;
    return to_above <= to_above_left ? above : above_left;
}

inline std::int32_t predicted(RowFilter type, std::int32_t left, std::int32_t above, std::int32_t above_left) {
    switch (type) {
        case RowFilter::none:
            break;
        case RowFilter::sub:
            return left;
        case RowFilter::up:
            return above;
        case RowFilter::average:
            return (left + above) / 2;
        case RowFilter::paeth:
            return predicted_by_paeth(left, above, above_left);
    }
    return 0;
}

}  // namespace
}  // namespace pil_kmeans::PIL_KMEANS_ISA
