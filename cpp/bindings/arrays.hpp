// Arrays on the border: shapes and dtypes are checked by nanobind, results own their memory.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>

#include "kernels/base/buffer.hpp"
#include "kernels/base/points.hpp"

namespace nb = nanobind;

namespace pil_kmeans::bindings {

template <typename T, typename... Shape>
using In = nb::ndarray<const T, nb::c_contig, nb::device::cpu, Shape...>;
template <typename T>
using Pixels = In<T, nb::ndim<2>>;  // (n, C)
template <typename T>
using Vector = In<T, nb::ndim<1>>;
using PointArray = In<std::int16_t, nb::shape<2, -1, 2>>;  // [pair, point, coordinate of the pair]
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

// int16 pairs as the words that the kernels read; nothing but alignment and byte order is assumed, as numpy's own view.
inline Points as_points(const PointArray& array) {
    const auto* words = reinterpret_cast<const std::uint32_t*>(array.data());
    const std::size_t n = array.shape(1);
    return {words, words + n, n};
}

inline void same_length(std::size_t a, std::size_t b, const char* what) {
    if (a != b) throw nb::value_error((std::string(what) + " differ in length").c_str());
}

void register_histogram(nb::module_& module);
void register_color_space(nb::module_& module);
void register_weighting(nb::module_& module);
void register_kmeans(nb::module_& module);
void register_remap(nb::module_& module);
void register_score(nb::module_& module);
void register_dither(nb::module_& module);
void register_png(nb::module_& module);
void register_rate_distortion(nb::module_& module);

}  // namespace pil_kmeans::bindings
