// The elements of an XML document, read piece by piece by libxml2.
//
// None of libxml2's headers is named here: they bring ICU's, and Foundation brings an ICU of its own, which Swift does
// not take in one module beside the other.
#ifndef CXML_XML_ELEMENTS_H
#define CXML_XML_ELEMENTS_H

#include <stdbool.h>
#include <stddef.h>

// An attribute of an element: its name without a prefix, ended by a zero, and the bytes of its value, which are not.
struct xml_attribute {
    const char *name;
    const char *value;
    size_t length;
};

// What is told of a document, each with the context given.
struct xml_element_handler {
    void (*began)(void *context, const char *element, const struct xml_attribute *attributes, size_t count);
    void (*ended)(void *context, const char *element);
};

struct xml_elements;

// A reader of nothing yet; NULL without memory. Without network, with entities of the document's own only.
struct xml_elements *xml_elements_new(struct xml_element_handler handler, void *context);

// Takes bytes, cut anywhere, the last of the document or not. False as soon as it is not well formed.
bool xml_elements_parse(struct xml_elements *elements, const char *bytes, int count, bool is_last);

// What was wrong last, and in which line (0: not known); NULL when nothing was. Valid until the next call.
const char *xml_elements_fault(const struct xml_elements *elements, int *line);

void xml_elements_free(struct xml_elements *elements);

#endif
