// Owned arrays, not cleared: pages are only touched where something is written.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#ifdef __linux__
#include <sys/mman.h>
#endif

namespace pil_kmeans {

struct FreeMemory {
    void operator()(void* p) const { std::free(p); }
};

enum class Fill { dense, sparse };  // whether about all of an array will be written, or few of its pages

// Room for n bytes. The system hands out memory page by page, which takes a fifth of a large picture's time; so large
// arrays that will be filled ask for huge pages.
inline void* allocate(std::size_t n_bytes, Fill fill) {
    void* memory = nullptr;
#ifdef __linux__
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    if (fill == Fill::dense && n_bytes >= kHugePage) {
        const std::size_t whole_pages = (n_bytes + kHugePage - 1) / kHugePage * kHugePage;
        memory = std::aligned_alloc(kHugePage, whole_pages);
        if (memory) madvise(memory, whole_pages, MADV_HUGEPAGE);
    }
#endif
    if (!memory) memory = std::malloc(n_bytes ? n_bytes : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}

template <typename T>
struct Buffer {
    std::unique_ptr<T[], FreeMemory> data;
    std::size_t size = 0;

    Buffer() = default;
    explicit Buffer(std::size_t n, Fill fill = Fill::dense)
        : data(static_cast<T*>(allocate(n * sizeof(T), fill))), size(n) {}

    T& operator[](std::size_t i) { return data[i]; }
    const T& operator[](std::size_t i) const { return data[i]; }
    T* begin() { return data.get(); }
    const T* begin() const { return data.get(); }
};

// The same array with more room at its end, or less.
template <typename T>
Buffer<T> resized(Buffer<T> buffer, std::size_t n) {
    void* memory = std::realloc(buffer.begin(), n ? n * sizeof(T) : 1);
    if (!memory) throw std::bad_alloc();
    static_cast<void>(buffer.data.release());
    buffer.data.reset(static_cast<T*>(memory));
    buffer.size = n;
    return buffer;
}

// An array of zeros.
template <typename T>
Buffer<T> zeroed(std::size_t n, Fill fill) {
    Buffer<T> result;
    if (fill == Fill::dense) {
        result = Buffer<T>(n);
        std::memset(result.begin(), 0, n * sizeof(T));
    } else {
        result.data.reset(static_cast<T*>(std::calloc(n, sizeof(T))));
        if (!result.data) throw std::bad_alloc();
        result.size = n;
    }
    return result;
}

}  // namespace pil_kmeans
