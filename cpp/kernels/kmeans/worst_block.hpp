// The worst block: a small area whose colours have no center near them, so that it changes its colour as a whole.
//
// Squared distances, summed up over a picture, hardly know of such an area; an eye finds it at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/base/points.hpp"

namespace pil_kmeans {

// Pixels of a picture, one row after the other.
struct LabeledPixels {
    Points points;                // (n,)
    const std::uint16_t* labels;  // (n,) the center of each, below k
    const double* weights;        // (n,) what each counts for, not negative
    std::size_t width;            // divides n
};

// Centers for the blocks of `side` x `side` pixels. A block's error is that of its mean: colours that make up for each
// other are none. Pixels in blocks of large errors count up to seven times, by the square of the squared error's share
// of the largest; centers go where that brings their mean.
//
// If the pixels of the worst block, so counted, would gain more by a center of their own than is lost where the center
// that is missed least joins its neighbour, that center becomes their mean. Of more than 1024 centers none does.
void mend_worst_block(const LabeledPixels& pixels, std::size_t side,
                      std::vector<double>& centers,   // INOUT (k, 4), within the coordinates of points
                      std::vector<double>& weights);  // INOUT (k,) what each stands for

}  // namespace pil_kmeans
