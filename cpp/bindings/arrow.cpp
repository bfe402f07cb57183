// Pixels of an image that hands out its memory by the Arrow C data interface
// (https://arrow.apache.org/docs/format/CDataInterface.html), as Pillow's RGB images do: four bytes a pixel.
#include <cstring>

#include "bindings/arrays.hpp"
#include "kernels/isa/isa.hpp"

namespace pil_kmeans::bindings {
namespace {

struct ArrowSchema {
    const char *format, *name, *metadata;
    std::int64_t flags, n_children;
    ArrowSchema **children, *dictionary;
    void (*release)(ArrowSchema*);
    void* private_data;
};

struct ArrowArray {
    std::int64_t length, null_count, offset, n_buffers, n_children;
    const void** buffers;
    ArrowArray **children, *dictionary;
    void (*release)(ArrowArray*);
    void* private_data;
};

// A copy, (n, 3). Raises ValueError if the capsules do not hold n pixels of four bytes each.
auto rgb_of_arrow(const nb::capsule& schema_capsule, const nb::capsule& array_capsule, std::size_t n) {
    const auto* const schema = static_cast<const ArrowSchema*>(schema_capsule.data("arrow_schema"));
    const auto* const array = static_cast<const ArrowArray*>(array_capsule.data("arrow_array"));
    const bool are_quads = schema->n_children == 1 && std::strcmp(schema->format, "+w:4") == 0 &&
                           std::strcmp(schema->children[0]->format, "C") == 0;
    if (!are_quads || array->n_children != 1 || array->children[0]->n_buffers != 2)
        throw nb::value_error("not pixels of four bytes");
    const ArrowArray& bytes = *array->children[0];
    const auto length = static_cast<std::int64_t>(n);
    if (array->length != length || array->offset || bytes.offset ||
        bytes.length / static_cast<std::int64_t>(kStoredBytes) < length || !bytes.buffers[1])
        throw nb::value_error("not as many pixels");
    Buffer<std::uint8_t> rgb(3 * n);
    {
        const nb::gil_scoped_release unlocked;
        kernels().pack_rgb(static_cast<const std::uint8_t*>(bytes.buffers[1]), n, rgb.begin());
    }
    return to_numpy(std::move(rgb), {n, 3});
}

}  // namespace

void register_arrow(nb::module_& module) {
    using namespace nb::literals;
    module.def("rgb_of_arrow", &rgb_of_arrow, "schema"_a, "array"_a, "n"_a);
}

}  // namespace pil_kmeans::bindings
