// The hot loops, compiled once for every instruction set; `kernels()` gives the set in use.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "kernels/base/points.hpp"

namespace pil_kmeans {

struct EntryColumns;
struct Feedback;
struct FilteredBits;
struct LightTerms;
struct PaethWays;
struct Prices;
struct Region;
struct RowWalk;
struct SearchRoom;
struct SymbolCounts;

// Bounding box of some points; mid2 = high + low and size = high - low, as pairs.
struct Box {
    std::uint32_t mid2_xy, mid2_zw, size_xy, size_zw;
};

// Centers as the hot loops read them. All arrays have kCandidatePad readable entries beyond the last.
inline constexpr std::size_t kCandidatePad = 8;
struct Candidates {
    std::uint32_t* xy;
    std::uint32_t* zw;
    std::int32_t* norm;    // squared length
    std::uint32_t* index;  // ascending
    std::size_t n;
};

inline constexpr std::size_t kBlock = 32;         // points that share one list of candidates
inline constexpr std::size_t kSuperBlock = 256;   // points whose list is remembered between passes
inline constexpr std::size_t kHyperBlock = 2048;  // points a task takes at a time
inline constexpr std::size_t kBoxes = 1 + kHyperBlock / kSuperBlock + kHyperBlock / kBlock;  // of a hyper-block
inline constexpr std::size_t kRemembered = 23;                                               // longest list remembered

struct RememberedList {
    std::uint16_t n = 0;  // 0: none
    std::uint16_t index[kRemembered];
};

struct CenterSum {
    std::int64_t weight = 0;
    std::int64_t sum[kDims] = {0, 0, 0, 0};
};

// Part of a plane, at most kScoreTileWidth wide.
struct ScoreTile {
    std::size_t top, bottom, left, right;
};
inline constexpr std::size_t kScoreTileWidth = 256;

// Differences, and their fourth powers: in structure, in edges gained, in edges lost.
inline constexpr std::size_t kScoreSums = 6;
using ScoreSums = std::array<double, kScoreSums>;

inline constexpr std::size_t kVisibilityRadius = 4, kVisibilityScratch = 2, kBlurReach = 3;

inline constexpr std::size_t kStoredBytes = 4;  // of a pixel of RGB in an image of Pillow

// Functions of one instruction set; isa_kernels.hpp declares them, table.cpp fills this in.
struct Kernels {
    const char* name;

    // --- histogram ---

    // Morton keys of n RGB pixels, 24 bits each.
    void (*rgb_keys)(const std::uint8_t* samples, std::size_t n, std::uint32_t* keys);

    // Cells of n RGB pixels, the top `bits` (5 or 6) of each sample side by side: red lowest.
    void (*rgb_cells)(const std::uint8_t* samples, std::size_t n, int bits, std::uint32_t* cells);

    // The places, ascending, of those of n counters that are not zero, n a multiple of 32; returns how many. Up to
    // eight places behind them are overwritten.
    std::size_t (*occupied)(const std::uint8_t* counters, std::size_t n, std::uint16_t* places);

    // --- color ---

    // RGB of n pixels that are stored as kStoredBytes each, of which the last means nothing.
    void (*pack_rgb)(const std::uint8_t* stored, std::size_t n, std::uint8_t* rgb);

    // Oklab of n colours in linear light, all arrays (n,), in place: r, g, b become L, a, b.
    void (*oklab)(float* r, float* g, float* b, std::size_t n);

    // Cube roots of l, m and s, of which Oklab is a linear function, and alpha: (n, 4), of light and alpha in planes
    // (n,). n is a multiple of 16; `precise` as of cube_roots.
    void (*cone_roots)(const float* const* planes, std::size_t n, bool precise, float* roots);

    // Fixed-point points of n colours: four coordinates in arrays (n,), each less its origin and times its scale, to
    // the nearest within the bounds.
    void (*pack_points)(const float* const* coordinates, const float* origin, const float* scale, std::size_t n,
                        std::uint32_t* xy, std::uint32_t* zw);

    // --- kmeans ---

    // Bounding boxes of hyper-block `h`: its own, its super-blocks', its blocks'.
    void (*bounding_boxes)(const Points& points, std::size_t h, Box* boxes);

    // Nearest center of each point of hyper-block `h`, whose boxes are given; ties go to the lowest index. `scratch` is
    // three candidate lists as long as `centers`. With `sums`, what points that change their label carry is moved
    // between the sums; `moved`, one flag a center, and `remembered`, one list a super-block, let blocks be skipped in
    // which nothing can have changed. With `first`, the labels hold nothing yet and every point is added; otherwise the
    // candidates are all the centers, in their order.
    void (*assign)(const Points& points, const Box* boxes, std::size_t h, const Candidates& centers,
                   Candidates* scratch, std::uint16_t* labels, const std::int64_t* weights, CenterSum* sums,
                   const std::uint8_t* moved, RememberedList* remembered, bool first);

    // Nearest of a few centers, without pruning: labels are positions in `centers`.
    void (*assign_few)(const Points& points, const Candidates& centers, std::uint16_t* labels);

    // --- dither ---

    // Steps [from, to) of a walk; a whole walk has width + lag * (n_rows - 1) of them.
    void (*walk_rows)(const RowWalk& walk, bool has_alpha, bool wide, std::size_t from, std::size_t to);

    // Those entries that can be nearest somewhere in a box, in their order, and perhaps some more; returns how many. Up
    // to kEntryPad behind the last of them are overwritten, and as many read of what is behind the others. The box:
    // twice its middle, and its size along each of the first `n_dims` axes, 3 or 4; on others all entries agree.
    std::size_t (*prune_entries)(const EntryColumns& from, std::size_t n_dims, const float* middle2, float size,
                                 const EntryColumns& to);

    // Points of n pixels, from their roots (n, 4), as words of four int16, within the bounds of the grid or of 16 bits;
    // and their light, (n, 4), unless that is null.
    void (*light_points)(const LightTerms& terms, bool has_alpha, const float* roots, std::size_t n, bool is_bounded,
                         float* lights, std::uint64_t* points);

    // What n pixels lack that were given some of the entries' lights (k, 4): of light, relative, in the units of Oklab.
    // An array for each coordinate, of which pixels without alpha have three; up to kLanes values behind the last are
    // overwritten.
    void (*light_lacks)(const LightTerms& terms, bool has_alpha, const float* roots, const float* entries,
                        const std::uint32_t* indices, std::size_t n, std::int32_t* const* lacks);

    // The middle one of 2 kBlurReach + 1 rows of n numbers, below 2^18, after a low-pass along both axes; `scratch` has
    // room for 2 kBlurReach more. None overlap with what is written.
    void (*blur_row)(const std::int32_t* const* rows, std::size_t n, std::int32_t* scratch, std::int32_t* blurred);

    // --- png ---

    // As `choose_indices`, in memory that was made for it.
    SymbolCounts (*search_indices)(const Region& region, const Points& entries, const Prices& prices,
                                   const Feedback& feedback, const SearchRoom& room, std::uint8_t* indices);

    // As `choose_behind_paeth`, in memory that was made for it; `ways` are as many as columns.
    double (*search_behind_paeth)(const Region& region, const Points& entries, const float* prices, std::size_t lowest,
                                  const Feedback& feedback, const SearchRoom& room, PaethWays* ways,
                                  std::uint8_t* indices);

    // As `refine_filtered`, and `blurred_error`. `blur` has kErrorSide rows and columns; `field` kDims zeros for each
    // pixel, and for those of a rim of kErrorReach.
    void (*refine_filtered)(const Region& region, const Points& entries, const FilteredBits& bits, const float* blur,
                            float* field, std::uint8_t* indices);
    double (*blurred_error)(const Region& region, const Points& entries, const float* blur, float* field,
                            const std::uint8_t* indices);

    // Row y of `visibility`; `scratch` has kVisibilityScratch words for each column and 2 kVisibilityRadius beside
    // them.
    void (*visibility_row)(const Points& points, std::size_t height, std::size_t width, std::size_t y, float protection,
                           std::int32_t* scratch, float* weights);

    // --- score ---

    // XYB of n colours in linear light, in place: r, g, b become X, Y, B, in the ranges that SSIMULACRA 2 gives them.
    void (*xyb)(float* r, float* g, float* b, std::size_t n);

    // Sums over a tile of two planes (height, width), original and picture; without `structure` the first two are 0.
    void (*compare_tile)(const float* a, const float* b, std::size_t height, std::size_t width, const ScoreTile& tile,
                         bool structure, ScoreSums& sums);

    // --- weighting ---

    // Put a row of n lightnesses in place of another, in the sums over a window's height of lightness and its square.
    void (*slide_rows)(const std::uint16_t* leaving, const std::uint16_t* coming, std::size_t n, std::int32_t* sums,
                       std::int32_t* squares);

    // Smoothness (see weighting/smoothness.hpp) of a row of n pixels: `sums` and `squares` hold, for every column from
    // two before the first to two behind the last, the sums over a window's height of lightness in quarters and its
    // square.
    void (*smooth_row)(const std::int32_t* sums, const std::int32_t* squares, std::size_t n, std::uint8_t* smoothness);
};

// Chosen when first called: PIL_KMEANS_ISA if it is set, else the best that this processor runs. Throws
// std::runtime_error for a set that is unknown or not available here.
const Kernels& kernels();

// Names of the sets that are built in and run on this processor, slowest first.
std::vector<std::string> instruction_sets();

}  // namespace pil_kmeans
