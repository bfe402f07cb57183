// Arrays on the border: shapes, dtypes and alignment are checked when arguments are read, results own their memory.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>

#include "kernels/base/buffer.hpp"
#include "kernels/base/points.hpp"

namespace nb = nanobind;

namespace pil_kmeans::bindings {

// An array, of which nanobind checks all but the alignment.
template <typename T, std::size_t alignment, typename... Shape>
struct AlignedArray : nb::ndarray<T, nb::c_contig, nb::device::cpu, Shape...> {
    using Unchecked = nb::ndarray<T, nb::c_contig, nb::device::cpu, Shape...>;
    AlignedArray() = default;
    explicit AlignedArray(Unchecked&& array) : Unchecked(std::move(array)) {}
};

template <typename T, typename... Shape>
using In = AlignedArray<const T, alignof(T), Shape...>;
template <typename T, typename... Shape>
using InOut = AlignedArray<T, alignof(T), Shape...>;
template <typename T>
using Pixels = In<T, nb::ndim<2>>;  // (n, C)
template <typename T>
using Vector = In<T, nb::ndim<1>>;
// [pair, point, coordinate of the pair], whose pairs are read as words
using PointArray = AlignedArray<const std::int16_t, alignof(std::uint32_t), nb::shape<2, -1, 2>>;
using CenterArray = In<double, nb::shape<-1, 4>>;

template <typename T>
using Out = nb::ndarray<nb::numpy, T>;

template <typename T>
Out<T> to_numpy(Buffer<T>&& buffer, std::initializer_list<std::size_t> shape) {
    T* data = buffer.data.release();
    nb::capsule owner(data, [](void* p) noexcept { FreeMemory{}(p); });
    return Out<T>(data, shape, owner);
}

template <typename T>
Out<T> to_numpy(Buffer<T>&& buffer) {
    const std::size_t n = buffer.size;
    return to_numpy(std::move(buffer), {n});
}

// int16 pairs as the words that the kernels read; byte order is assumed, as numpy's own view does.
inline Points as_points(const PointArray& array) {
    const auto* words = reinterpret_cast<const std::uint32_t*>(array.data());
    const std::size_t n = array.shape(1);
    return {words, words + n, n};
}

// Points `first` to `end` as most kernels assume them.
inline void check_coordinates(const PointArray& array, std::size_t first, std::size_t end, const char* name) {
    for (const std::int16_t* pairs : {array.data(), array.data() + 2 * array.shape(1)})
        if (!all_within(pairs + 2 * first, 2 * (end - first), kMaxCoordinate))
            throw std::invalid_argument("coordinates of " + std::string(name) + " must be within +-8192");
}

inline Points checked_points(const PointArray& array, const char* name) {
    check_coordinates(array, 0, array.shape(1), name);
    return as_points(array);
}

inline void same_length(std::size_t a, std::size_t b, const char* what) {
    if (a != b) throw nb::value_error((std::string(what) + " differ in length").c_str());
}

void register_histogram(nb::module_& module);
void register_tally(nb::module_& module);
void register_color_space(nb::module_& module);
void register_weighting(nb::module_& module);
void register_kmeans(nb::module_& module);
void register_remap(nb::module_& module);
void register_score(nb::module_& module);
void register_dither(nb::module_& module);
void register_png(nb::module_& module);
void register_rate_distortion(nb::module_& module);
void register_gif(nb::module_& module);
void register_arrow(nb::module_& module);

}  // namespace pil_kmeans::bindings

namespace nanobind::detail {

// What is not aligned is no such array: undefined behaviour in C++, and slow or a fault on some processors.
template <typename T, std::size_t alignment, typename... Shape>
struct type_caster<pil_kmeans::bindings::AlignedArray<T, alignment, Shape...>> {
    using Array = pil_kmeans::bindings::AlignedArray<T, alignment, Shape...>;
    using Unchecked = type_caster<typename Array::Unchecked>;
    NB_TYPE_CASTER(Array, Unchecked::Name)

    bool from_python(handle source, std::uint8_t flags, cleanup_list* cleanup) noexcept {
        Unchecked unchecked;
        if (!unchecked.from_python(source, flags, cleanup)) return false;
        if (reinterpret_cast<std::uintptr_t>(unchecked.value.data()) % alignment) return false;
        value = Array(std::move(unchecked.value));
        return true;
    }
};

}  // namespace nanobind::detail
