// LZW search: the indices of a frame and their codes, chosen in scan order by bits and by diffused error at once.
//
// From each pixel on, the strings of the dictionary are followed that make little error, some at a time: pixels hand
// their error on as Floyd and Steinberg's do, and of all strings that one is written whose bits and errors are least
// for each pixel. What is shown already may stay, as one of the symbols. Costs are floats that are added in a fixed
// order, so that every machine chooses alike. Work: at most kMostPaths strings, and what they can go on to, for each
// pixel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels/base/points.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kMostPaths = 64, kMostEnds = 4;
inline constexpr float kMostBitsWorth = 1e20f;  // of a squared distance of 1, so that all costs are finite
inline constexpr int kFewestSymbolBits = 2, kMostSymbolBits = 8;

// A frame, or the rectangle of it that is written.
struct GifFrame {
    Points points;              // in Oklab, (height * width,)
    std::size_t height, width;  // 1 or more
    const float* weights;  // (height * width,) bits that a squared distance of 1 is worth; below 0 the pixel gets guess
    const std::uint8_t* guess;         // (height * width,) read where weights are below 0
    Points shown;                      // (height * width,) what the pixel was to look like when it was last written
    const std::uint16_t* shown_color;  // (height * width,) which of the colours that are shown it shows since
    const float* stay_weights;         // (height * width,) as weights, of its change since then; below 0 it cannot stay
};

struct GifSearch {
    std::uint16_t transparent;  // symbol of pixels that stay; kNoSymbol if none can
    int symbol_bits;            // of the frame's LZW, kFewestSymbolBits to kMostSymbolBits
    std::int32_t feedback;      // share of the neighbours' errors that a pixel takes up, in 256ths
    std::size_t n_paths;        // strings that are followed at a time, 1 to kMostPaths
    std::size_t n_ends;  // of those that are best by themselves, so many are compared by what comes next; 1: none
};
inline constexpr std::uint16_t kNoSymbol = 256;

// Choose the symbol of every pixel; returns the codes, least significant bit first, without the blocks of the file.
std::vector<std::uint8_t> search_lzw(const GifFrame& frame,
                                     const Points& entries,  // IN  (k,), symbols below k
                                     const Points& colors,   // IN  all that pixels show, of other palettes too
                                     const GifSearch& options,
                                     std::uint8_t* symbols);  // OUT (height * width,)

}  // namespace pil_kmeans
