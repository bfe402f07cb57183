// What a filter takes a byte to be (PNG specification, 9.2 to 9.4).
#pragma once

#include <cstdlib>

#include "kernels/png/row_filters.hpp"

namespace pil_kmeans {
namespace {  // of each file its own, as some are compiled once per instruction set

inline int predicted_by_paeth(int left, int above, int above_left) {
    const int to_left = std::abs(above - above_left), to_above = std::abs(left - above_left);
    const int to_both = std::abs(left + above - 2 * above_left);
    const int not_left = to_above <= to_both ? above : above_left;
    return to_left <= to_above && to_left <= to_both ? left : not_left;
}

inline int predicted(RowFilter type, int left, int above, int above_left) {
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
}  // namespace pil_kmeans
