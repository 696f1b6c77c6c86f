// SPDX-License-Identifier: MIT
#include "snclr/core/ops/affine.h"

#include <ATen/core/LegacyTypeDispatch.h>
#include <ATen/core/List.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/ops/add.h>
#include <ATen/ops/addmm.h>
#include <ATen/ops/gelu.h>
#include <ATen/ops/mm.h>

#include <optional>
#include <string>
#include <utility>

namespace snclr {
namespace {

// Called without C++ types, which changed from LibTorch to LibTorch where the
// operators' schemas did not.
using OneDnnOperator = std::optional<c10::OperatorHandle>;

OneDnnOperator Find(const char* overload) {
  return c10::Dispatcher::singleton().findSchema(
      {"mkldnn::_linear_pointwise", overload});
}

const OneDnnOperator& Linear() {
  static const OneDnnOperator found = Find("");
  return found;
}

const OneDnnOperator& LinearOnto() {
  static const OneDnnOperator found = Find("binary");
  return found;
}

at::Tensor Call(const c10::OperatorHandle& of, torch::jit::Stack arguments) {
  // It has no autograd to ask for.
  const at::AutoDispatchBelowADInplaceOrView below_autograd;
  of.callBoxed(&arguments);
  return std::move(arguments.front()).toTensor();
}

// oneDNN's operator wants at least one row.
bool IsOneDnns(const at::Tensor& rows) {
  return ProductsAreOneDnns(rows.scalar_type()) && rows.numel() > 0;
}

// `what` is "none" or "gelu".
at::Tensor CallLinear(const at::Tensor& rows, const at::Tensor& weight,
                      const c10::IValue& bias, const char* what) {
  return Call(*Linear(),
              {rows, weight, bias, std::string(what),
               c10::List<std::optional<at::Scalar>>(), std::string("none")});
}

}  // namespace

at::Tensor Affine(const at::Tensor& rows, const at::Tensor& weight,
                  const at::Tensor& bias) {
  if (IsOneDnns(rows)) {
    return CallLinear(rows, weight, bias, "none");
  }
  return at::addmm(bias, rows, weight.t());
}

at::Tensor AffineGelu(const at::Tensor& rows, const at::Tensor& weight,
                      const at::Tensor& bias) {
  if (IsOneDnns(rows)) {
    return CallLinear(rows, weight, bias, "gelu");
  }
  at::Tensor hidden = at::addmm(bias, rows, weight.t());
  return at::gelu_(hidden);
}

at::Tensor AffineOnto(const at::Tensor& residual, const at::Tensor& rows,
                      const at::Tensor& weight, const at::Tensor& bias) {
  if (IsOneDnns(rows)) {
    return Call(*LinearOnto(), {rows, residual.contiguous(), weight, bias,
                                std::string("add")});
  }
  return at::add(residual, bias).addmm_(rows, weight.t());
}

at::Tensor TimesWeight(const at::Tensor& rows, const at::Tensor& weight) {
  if (IsOneDnns(rows)) {
    return CallLinear(rows, weight.t(), c10::IValue(), "none");
  }
  return at::mm(rows, weight);
}

bool ProductsAreOneDnns(at::ScalarType type) {
  return type == at::kFloat && Linear().has_value() && LinearOnto().has_value();
}

}  // namespace snclr
