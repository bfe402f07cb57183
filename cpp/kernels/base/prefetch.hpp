// Bring memory near that will be used soon. A hint: it may lie beyond the end of an array.
#pragma once

#if defined(_MSC_VER) && defined(_M_X64)
#include <intrin.h>
#endif

namespace pil_kmeans {

// Not inline: files that are compiled for several instruction sets each keep their own.
[[maybe_unused]] static void prefetch(const void* memory) {
#if defined(__GNUC__)
    __builtin_prefetch(memory);
#elif defined(_MSC_VER) && defined(_M_X64)
    _mm_prefetch(static_cast<const char*>(memory), _MM_HINT_T0);
#else
    static_cast<void>(memory);
#endif
}

}  // namespace pil_kmeans
