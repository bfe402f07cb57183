// The table of one instruction set. Every entry by its name: some functions have one signature, and would compile in
// each other's place.
#include "kernels/isa/isa_kernels.hpp"

#define PIL_KMEANS_STRING_(name) #name
#define PIL_KMEANS_STRING(name) PIL_KMEANS_STRING_(name)

namespace pil_kmeans::PIL_KMEANS_ISA {

const Kernels kernels{
    .name = PIL_KMEANS_STRING(PIL_KMEANS_ISA),
    .rgb_keys = rgb_keys,
    .rgb_cells = rgb_cells,
    .occupied = occupied,
    .pack_rgb = pack_rgb,
    .oklab = oklab,
    .cone_roots = cone_roots,
    .pack_points = pack_points,
    .bounding_boxes = bounding_boxes,
    .assign = assign,
    .assign_few = assign_few,
    .walk_rows = walk_rows,
    .prune_entries = prune_entries,
    .light_points = light_points,
    .light_lacks = light_lacks,
    .blur_row = blur_row,
    .search_indices = search_indices,
    .search_behind_paeth = search_behind_paeth,
    .refine_filtered = refine_filtered,
    .blurred_error = blurred_error,
    .visibility_row = visibility_row,
    .xyb = xyb,
    .compare_tile = compare_tile,
    .slide_rows = slide_rows,
    .smooth_row = smooth_row,
};

}  // namespace pil_kmeans::PIL_KMEANS_ISA
