#include <cstdlib>
#include <stdexcept>

#include "kernels/isa/isa.hpp"

#if defined(PIL_KMEANS_WITH_AVX2) && defined(_MSC_VER)
#include <immintrin.h>
#include <intrin.h>
#endif

namespace pil_kmeans {

namespace baseline {
extern const Kernels kernels;
}
#ifdef PIL_KMEANS_WITH_AVX2
namespace avx2 {
extern const Kernels kernels;
}
#endif

namespace {

#ifdef PIL_KMEANS_WITH_AVX2
bool has_avx2() {
#ifdef _MSC_VER
    int info[4];
    __cpuid(info, 1);
    const bool saves_registers = (info[2] >> 27 & 1) && (_xgetbv(0) & 6) == 6;
    __cpuidex(info, 7, 0);
    return saves_registers && (info[1] >> 5 & 1);
#else
    return __builtin_cpu_supports("avx2");
#endif
}
#endif

std::vector<const Kernels*> available() {
    std::vector<const Kernels*> sets{&baseline::kernels};
#ifdef PIL_KMEANS_WITH_AVX2
    if (has_avx2()) sets.push_back(&avx2::kernels);
#endif
    return sets;
}

const Kernels& choose() {
    const std::vector<const Kernels*> sets = available();
    const char* forced = std::getenv("PIL_KMEANS_ISA");
    if (!forced || !*forced) return *sets.back();
    std::string names;
    for (const Kernels* set : sets) {
        if (std::string(forced) == set->name) return *set;
        names += (names.empty() ? "" : ", ") + std::string(set->name);
    }
    throw std::runtime_error("PIL_KMEANS_ISA is '" + std::string(forced) +
                             "', but only these are available here: " + names + ". Set it to one of them or unset it.");
}

}  // namespace

const Kernels& kernels() {
    static const Kernels& chosen = choose();
    return chosen;
}

std::vector<std::string> instruction_sets() {
    std::vector<std::string> names;
    for (const Kernels* set : available()) names.emplace_back(set->name);
    return names;
}

}  // namespace pil_kmeans
