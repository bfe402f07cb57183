// Rate-distortion: indices chosen in scan order by what they cost in bits and in diffused error at once.
//
// The search goes over the bytes that deflate will see, in the manner of A. J. Viterbi (Error bounds for convolutional
// codes, IEEE Transactions on Information Theory 13(2), 1967). At every byte some survivors compete: one that ends in a
// literal, and one inside a match with bytes each of some distances back. Each has its own error of the pixel just
// coded, which it hands to the next one as Floyd and Steinberg do; errors for the row below come from what is settled,
// and are of light.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/base/points.hpp"
#include "kernels/base/team.hpp"
#include "kernels/png/deflate_prices.hpp"
#include "kernels/png/row_filters.hpp"

namespace pil_kmeans {

inline constexpr std::size_t kNarrowest = 8;    // pixels in a row; there is nothing to gain in fewer
inline constexpr float kHighestWeight = 1e20f;  // of a pixel with its scale, so that all costs are finite

// What coordinates are in, and the Oklab lightness of the background that translucent pixels are seen on.
struct OklabUnits {
    float color, alpha, background;
};
OklabUnits oklab_units();

// Rows of a picture that are searched as a picture of its own, to be coded without filters.
struct Region {
    Points points;              // in Oklab, (height * width,)
    std::size_t height, width;  // kNarrowest columns or more
    // (height * width,) times `scale`, bits that a squared distance of 1 is worth; below 0 the pixel keeps its index.
    const float* weights;
    float scale;
    const std::uint8_t* lowest;  // (height * width,) first entry that the pixel may get; null where there is no alpha
    const std::uint8_t* guess;   // (height * width,) indices of about the result, such as the dithered picture's
    OklabUnits units;
    std::int32_t color;  // 4096ths of a difference of colour that count, beside one of lightness or alpha: 2049 to 4096
    bool is_quick;  // look at few entries for literals, those that are likely where the guess is what it is, and at few
                    // places
};

// Share of the neighbours' errors that a pixel takes up, in 256ths: more of them where the weight is kSmoothWeight or
// more, that is in areas so smooth that nothing hides a shift of the mean.
struct Feedback {
    std::int32_t usual, smooth;
};
inline constexpr float kSmoothWeight = 2;

class SearchMemory;

inline constexpr std::uint32_t kNoSymbol = 0xffff;  // behind the last one

inline constexpr std::int32_t kUsualColor = 2867;  // see Region::color

// Choose the index of every pixel; returns the counts of the symbols used.
SymbolCounts choose_indices(const Region& region,
                            const Points& entries,  // IN  (k,), k <= 256
                            const Prices& prices, const Feedback& feedback,
                            SearchMemory& memory,     // INOUT of no search that still runs
                            std::uint8_t* indices,    // OUT (height * width,)
                            std::uint32_t* symbols);  // OUT (height * (width + 1) + 1,), or null: bytes, and lengths of
                                                      // matches with their distances 16 bits higher, then kNoSymbol

// The same where indices are coded behind the filter Paeth, each by what is left of it, and no matches are looked for:
// in that few indices repeat of which hardly one may be another. `region.guess` are those that pixels keep. Returns the
// sum of weights times squared errors, those handed on included.
double choose_behind_paeth(const Region& region,
                           const Points& entries,  // IN  (k,), in an order where neighbours are near, k <= 256
                           const float* prices,    // IN  (256,) bits of what may be left
                           std::size_t lowest,     // first entry that pixels may get, below k
                           const Feedback& feedback,
                           std::uint8_t* indices);  // OUT (height * width,)

// What indices take behind filters.
struct FilteredBits {
    const float* prices;     // (256,) bits of what may be left
    const RowFilter* types;  // (height,)
    std::size_t lowest;      // first entry that pixels may get, below k
};

// Look at every index once more that pixels do not keep, in scan order, and take what is cheapest now that all those
// about it are known: by what it takes itself, what those take that are predicted from it, and the sum of weights times
// squared blurred errors. Blurred as by handing on `feedback` 256ths of them, but alike to all sides, and only so far.
void refine_filtered(const Region& region, const Points& entries, const FilteredBits& bits, std::int32_t feedback,
                     std::uint8_t* indices);  // INOUT (height * width,)

// The sum of weights times squared errors, blurred so.
double blurred_error(const Region& region, const Points& entries, std::int32_t feedback,
                     const std::uint8_t* indices);  // IN (height * width,)

// What the eye makes of an error at each pixel: (1 + p / (1 + (s / 3)^2)) / sqrt(1 + s), where s is the standard
// deviation of lightness about the pixel, by a binomial window of 9 x 9, in 255ths of its range, and p, `protection`,
// is for smooth gradients, where patches and streaks show, beyond what texture hides elsewhere.
inline constexpr float kProtection = 2;
void visibility(const Points& points, std::size_t height, std::size_t width, float protection, Team& team,
                float* weights);  // OUT (height * width,)

// Let pixels keep their index: those of entries that are fixed, and runs in a row, of kFlatRun pixels or more, that
// have exactly the colour of the one entry that is theirs.
inline constexpr std::size_t kFlatRun = 4;
inline constexpr float kKept = -1;
void keep_exact(const Points& points, std::size_t width, const Points& entries, const std::uint8_t* indices,
                const bool* fixed,  // IN  (k,)
                Team& team,
                float* weights);  // INOUT (n,) kKept where so

// The sum of weights times squared distances between pixels and their entries, as the search measures them.
double weighted_error(const Points& points, const float* weights, const Points& entries, const std::uint8_t* indices,
                      Team& team);

// How often each index comes.
void count_indices(const std::uint8_t* indices, std::size_t n, std::size_t n_entries, Team& team,
                   std::int64_t* counts);  // OUT (n_entries,)

}  // namespace pil_kmeans
