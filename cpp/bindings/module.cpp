#include <cstddef>
#include <cstdlib>
#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include "bindings/arrays.hpp"
#include "kernels/isa/isa.hpp"

#if defined(__clang__)
#define PIL_KMEANS_COMPILER "Clang " __clang_version__
#elif defined(__GNUC__)
#define PIL_KMEANS_COMPILER "GCC " __VERSION__
#elif defined(_MSC_VER)
#define PIL_KMEANS_STRING_(x) #x
#define PIL_KMEANS_STRING(x) PIL_KMEANS_STRING_(x)
#define PIL_KMEANS_COMPILER "MSVC " PIL_KMEANS_STRING(_MSC_VER)
#else
#define PIL_KMEANS_COMPILER "unknown"
#endif

namespace {

// Give back to the system what was freed. The GNU allocator keeps it where it lies between what is in use, and once an
// array of some size was freed, takes arrays up to that size from there.
void release_memory() {
#if defined(__GLIBC__)
    const nb::gil_scoped_release unlocked;
    malloc_trim(0);
#endif
}

// Keep what is freed for the next call. The GNU allocator keeps up to twice the largest block that was ever freed; a
// call takes more than that in many blocks, and would get all of it anew, page by page: a fourth of the time that half
// a megapixel takes. The table of a larger picture's counts is such a block; this is one that nobody touches.
void keep_freed_memory() {
#if defined(__GLIBC__)
    constexpr std::size_t kTableSize = std::size_t{1} << 24;
    void* volatile block = std::malloc(kTableSize);  // volatile: a pair that does nothing may be left out
    std::free(block);
#endif
}

}  // namespace

NB_MODULE(_native, module) {
    using namespace pil_kmeans;
    keep_freed_memory();
    module.doc() = "Kernels of pil_kmeans. Private: names and signatures change without notice.";
    bindings::register_histogram(module);
    bindings::register_tally(module);
    bindings::register_color_space(module);
    bindings::register_weighting(module);
    bindings::register_kmeans(module);
    bindings::register_remap(module);
    bindings::register_score(module);
    bindings::register_dither(module);
    bindings::register_png(module);
    bindings::register_rate_distortion(module);
    bindings::register_gif(module);
    bindings::register_arrow(module);
    module.def("release_memory", &release_memory);
    module.attr("MAX_COLORS") = kMaxColors;
    module.attr("MAX_BYTE_COLORS") = kMaxByteColors;
    module.attr("version") = PIL_KMEANS_VERSION;
    module.attr("compiler") = PIL_KMEANS_COMPILER;
    module.attr("instruction_set") = kernels().name;
    module.attr("instruction_sets") = nb::tuple(nb::cast(instruction_sets()));
}
