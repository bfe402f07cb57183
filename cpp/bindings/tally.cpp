#include "kernels/histogram/tally.hpp"

#include "bindings/arrays.hpp"
#include "kernels/histogram/histogram.hpp"

namespace pil_kmeans::bindings {
namespace {

using Part = std::tuple<Vector<std::uint8_t>, std::size_t, int, bool>;  // bytes, n, shift, is_weighted

KeyLayout checked_layout(std::size_t n_channels, int sample_bits, int unsummed_bits) {
    if (n_channels < 1 || n_channels > kMaxChannels) throw nb::value_error("n_channels must be 1 to 4");
    if (sample_bits != 8 && sample_bits != 16 && !(sample_bits == 64 && n_channels == 1))
        throw nb::value_error("sample_bits must be 8 or 16, or 64 with one channel");
    if (unsummed_bits < 0 || unsummed_bits > 63 - kMostTallyShift)
        throw nb::value_error("unsummed_bits must be 0 to 17");
    return {n_channels, sample_bits, unsummed_bits};
}

TallyView checked_view(const Part& part) {
    const auto& [bytes, n, shift, is_weighted] = part;
    if (shift < 0 || shift > kMostTallyShift) throw nb::value_error("shift must be 0 to 46");
    return {bytes.data(), bytes.shape(0), n, shift, is_weighted};
}

auto tally_of(const Vector<std::uint64_t>& keys, const Vector<std::int64_t>& counts,
              const std::optional<Vector<double>>& weights, std::size_t n_channels, int sample_bits, int unsummed_bits,
              std::size_t budget) {
    const KeyLayout layout = checked_layout(n_channels, sample_bits, unsummed_bits);
    const std::size_t n = keys.shape(0);
    same_length(n, counts.shape(0), "keys and counts");
    if (weights) same_length(n, weights->shape(0), "keys and weights");
    Tally result;
    {
        const nb::gil_scoped_release unlocked;
        result = tally(keys.data(), counts.data(), weights ? weights->data() : nullptr, n, layout, budget);
    }
    return std::tuple{to_numpy(std::move(result.bytes)), result.n, result.shift};
}

auto tally_taken(InOut<std::uint8_t, nb::shape<kTableSize>>& table, const Vector<std::uint32_t>& wrapped,
                 std::size_t budget) {
    if (budget == 0) throw nb::value_error("budget must be positive");
    Tally result;
    {
        const nb::gil_scoped_release unlocked;
        for (std::size_t i = 0; i < wrapped.shape(0); ++i) {
            const std::uint32_t key = wrapped.data()[i];
            if (key >= kTableSize || table.data()[key] == 0)
                throw std::invalid_argument("wrapped must hold keys that the table has counted");
        }
        result = take_tally(table.data(), wrapped.data(), wrapped.shape(0), budget);
    }
    return std::tuple{to_numpy(std::move(result.bytes)), result.n, result.shift};
}

auto merged(const std::vector<Part>& parts, std::size_t n_channels, int sample_bits, int unsummed_bits, int least_shift,
            std::size_t budget) {
    const KeyLayout layout = checked_layout(n_channels, sample_bits, unsummed_bits);
    if (least_shift < 0 || least_shift > kMostTallyShift) throw nb::value_error("least_shift must be 0 to 46");
    std::vector<TallyView> views;
    for (const Part& part : parts) views.push_back(checked_view(part));
    Tally result;
    {
        const nb::gil_scoped_release unlocked;
        result = merge_tallies(views, layout, least_shift, budget);
    }
    return std::tuple{to_numpy(std::move(result.bytes)), result.n, result.shift};
}

auto entries(const Part& part, std::size_t n_channels, int sample_bits, int unsummed_bits) {
    const KeyLayout layout = checked_layout(n_channels, sample_bits, unsummed_bits);
    const TallyView view = checked_view(part);
    TallyEntries result;
    {
        const nb::gil_scoped_release unlocked;
        result = tally_entries(view, layout);
    }
    const std::size_t n_colors = result.colors.size / n_channels;
    return std::tuple{to_numpy(std::move(result.keys)), to_numpy(std::move(result.counts)),
                      to_numpy(std::move(result.colors), {n_colors, n_channels}), to_numpy(std::move(result.sums)),
                      to_numpy(std::move(result.weights))};
}

}  // namespace

void register_tally(nb::module_& module) {
    using namespace nb::literals;
    module.def("tally", &tally_of, "keys"_a.noconvert(), "counts"_a.noconvert(), "weights"_a.noconvert().none(),
               "n_channels"_a, "sample_bits"_a, "unsummed_bits"_a, "budget"_a);
    module.def("take_tally", &tally_taken, "table"_a.noconvert(), "wrapped"_a.noconvert(), "budget"_a);
    module.def("merge_tallies", &merged, "tallies"_a, "n_channels"_a, "sample_bits"_a, "unsummed_bits"_a,
               "least_shift"_a, "budget"_a);
    module.def("tally_entries", &entries, "tally"_a, "n_channels"_a, "sample_bits"_a, "unsummed_bits"_a);
}

}  // namespace pil_kmeans::bindings
