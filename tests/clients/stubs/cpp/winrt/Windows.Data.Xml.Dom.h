#pragma once
#include "base.h"

namespace winrt::Windows::Data::Xml::Dom {

struct XmlDocument : stub_object {
    using stub_object::stub_object;
    hstring GetXml() const { return {}; }
};

}  // namespace winrt::Windows::Data::Xml::Dom
