// An owned array that is not cleared first: fresh pages are only touched where something is written.
#pragma once

#include <cstddef>
#include <memory>

namespace pil_kmeans {

template <typename T>
struct Buffer {
    std::unique_ptr<T[]> data;
    std::size_t size = 0;

    Buffer() = default;
    explicit Buffer(std::size_t n) : data(new T[n]), size(n) {}

    T& operator[](std::size_t i) { return data[i]; }
    const T& operator[](std::size_t i) const { return data[i]; }
    T* begin() { return data.get(); }
    const T* begin() const { return data.get(); }
};

}  // namespace pil_kmeans
