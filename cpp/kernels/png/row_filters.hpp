// Row filters of PNG (third edition, section 9) for rows of whole bytes: pixels of some bytes each, or several pixels a
// byte.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

enum class RowFilter : std::uint8_t { none, sub, up, average, paeth };
inline constexpr int kRowFilters = 5;

// What filtered bytes are to have least of, counted row by row: entropy; the sum of their absolute values, as signed
// bytes, which is what the specification advises; different pairs of neighbouring bytes.
enum class RowMeasure : std::uint8_t { entropy, sum, pairs };
inline constexpr int kRowMeasures = 3;

inline constexpr std::size_t kMostPixelBytes = 4;

// Each row behind the type of its filter: among those given, the one that is best by the measure; ties go to the first.
// O(n_rows * n_bytes * n_types).
void filter_rows(const std::uint8_t* rows,  // IN  (n_rows, n_bytes)
                 std::size_t n_rows, std::size_t n_bytes,
                 std::size_t pixel_bytes,  // of the pixel to the left, which filters look at: 1 to kMostPixelBytes
                 const RowFilter* types,   // IN  (n_types,)
                 std::size_t n_types, RowMeasure measure,
                 std::uint8_t* filtered);  // OUT (n_rows, 1 + n_bytes)

}  // namespace pil_kmeans
