// One scrape in the making: families of metrics, and their text.
#pragma once

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <deque>
#include <string>
#include <utility>
#include <vector>

namespace sluice::observe {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// One scrape in the making.
class MetricsPage {
 public:
  MetricFamily& Family(MetricType type, std::string name, std::string help) {
    families_.push_back({std::move(name), std::move(help), type, {}});
    return families_.back();
  }
  static void Add(MetricFamily& family, double value, Labels labels = {}) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }
  void Counter(std::string name, std::string help, double value) {
    Add(Family(MetricType::Counter, std::move(name), std::move(help)), value);
  }
  void Gauge(std::string name, std::string help, double value) {
    Add(Family(MetricType::Gauge, std::move(name), std::move(help)), value);
  }
  std::string Text() const {
    return prometheus::TextSerializer().Serialize({families_.begin(), families_.end()});
  }

 private:
  std::deque<MetricFamily> families_;  // those given out stay where they are
};

}  // namespace sluice::observe
