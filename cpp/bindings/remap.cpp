#include "kernels/remap/remap.hpp"

#include "bindings/arrays.hpp"

namespace pil_kmeans::bindings {
namespace {

template <typename Sample, typename Label>
auto indices_of(const Pixels<Sample>& samples, const Vector<std::uint64_t>& keys, const Vector<Label>& labels,
                int shift, int n_threads) {
    same_length(keys.shape(0), labels.shape(0), "keys and labels");
    if (shift < 0 || shift > 23) throw nb::value_error("shift must be 0 to 23");
    Buffer<Label> indices(samples.shape(0));
    {
        const nb::gil_scoped_release unlocked;
        Team team(n_threads);
        remap(samples.data(), samples.shape(0), samples.shape(1), keys.data(), labels.data(), keys.shape(0), shift,
              team, indices.begin());
    }
    return to_numpy(std::move(indices));
}

}  // namespace

void register_remap(nb::module_& module) {
    using namespace nb::literals;
    const auto define = [&]<typename Sample, typename Label>() {
        module.def("remap", &indices_of<Sample, Label>, "samples"_a.noconvert(), "keys"_a.noconvert(),
                   "labels"_a.noconvert(), "shift"_a, "n_threads"_a);
    };
    define.template operator()<std::uint8_t, std::uint8_t>();
    define.template operator()<std::uint8_t, std::uint16_t>();
    define.template operator()<std::uint8_t, std::uint32_t>();
    define.template operator()<std::uint16_t, std::uint8_t>();
    define.template operator()<std::uint16_t, std::uint16_t>();
    define.template operator()<std::uint16_t, std::uint32_t>();
}

}  // namespace pil_kmeans::bindings
