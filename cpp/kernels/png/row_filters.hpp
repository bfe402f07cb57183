// Row filters of PNG (third edition, section 9) for rows of whole bytes, one or more pixels of a palette picture each.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pil_kmeans {

enum class RowFilter : std::uint8_t { none, sub, up, average, paeth };
inline constexpr int kRowFilters = 5;

// Each row behind the type of its filter: among those given, the one whose bytes have the least entropy, counted row by
// row; ties go to the first. O(n_rows * n_bytes * n_types).
void filter_rows(const std::uint8_t* rows,  // IN  (n_rows, n_bytes)
                 std::size_t n_rows, std::size_t n_bytes,
                 const RowFilter* types,  // IN  (n_types,)
                 std::size_t n_types,
                 std::uint8_t* filtered);  // OUT (n_rows, 1 + n_bytes)

}  // namespace pil_kmeans
