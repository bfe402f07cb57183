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

NB_MODULE(_native, module) {
    using namespace pil_kmeans;
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
    module.attr("MAX_COLORS") = kMaxColors;
    module.attr("MAX_BYTE_COLORS") = kMaxByteColors;
    module.attr("version") = PIL_KMEANS_VERSION;
    module.attr("compiler") = PIL_KMEANS_COMPILER;
    module.attr("instruction_set") = kernels().name;
    module.attr("instruction_sets") = nb::tuple(nb::cast(instruction_sets()));
}
