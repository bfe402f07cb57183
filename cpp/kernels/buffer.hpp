// Owned arrays whose pages are only touched where something is written.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <new>

namespace pil_kmeans {

struct FreeMemory {
    void operator()(void* p) const { std::free(p); }
};

inline void* allocate(std::size_t n_bytes) {
    void* memory = std::malloc(n_bytes ? n_bytes : 1);
    if (!memory) throw std::bad_alloc();
    return memory;
}

template <typename T>
struct Buffer {
    std::unique_ptr<T[], FreeMemory> data;
    std::size_t size = 0;

    Buffer() = default;
    explicit Buffer(std::size_t n) : data(static_cast<T*>(allocate(n * sizeof(T)))), size(n) {}

    T& operator[](std::size_t i) { return data[i]; }
    const T& operator[](std::size_t i) const { return data[i]; }
    T* begin() { return data.get(); }
    const T* begin() const { return data.get(); }
};

// Memory that the system hands out zeroed, page by page, when it is first touched.
template <typename T>
Buffer<T> zeroed(std::size_t n) {
    Buffer<T> result;
    result.data.reset(static_cast<T*>(std::calloc(n, sizeof(T))));
    if (!result.data) throw std::bad_alloc();
    result.size = n;
    return result;
}

}  // namespace pil_kmeans
