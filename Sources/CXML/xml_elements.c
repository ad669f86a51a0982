#include "xml_elements.h"

#include <libxml/parser.h>
#include <stdlib.h>

// More of an element's attributes are passed over.
enum { ATTRIBUTES_TOLD = 64 };

struct xml_elements {
    struct xml_element_handler handler;
    void *context;
    xmlParserCtxtPtr parser;
};

// Each attribute is five pointers: name, prefix, name space, begin and end of the value.
static void began(
    void *own, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int spaces, const xmlChar **namespaces,
    int count, int defaulted, const xmlChar **parts) {
    (void)prefix, (void)uri, (void)spaces, (void)namespaces, (void)defaulted;
    const struct xml_elements *elements = own;
    struct xml_attribute attributes[ATTRIBUTES_TOLD];
    size_t told = 0;
    for (int place = 0; place < count && told < ATTRIBUTES_TOLD; place++, parts += 5)
        attributes[told++] = (struct xml_attribute){
            .name = (const char *)parts[0], .value = (const char *)parts[3], .length = (size_t)(parts[4] - parts[3])};
    elements->handler.began(elements->context, (const char *)name, attributes, told);
}

static void ended(void *own, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri) {
    (void)prefix, (void)uri;
    const struct xml_elements *elements = own;
    elements->handler.ended(elements->context, (const char *)name);
}

// Without a handler the library writes to standard error. The error's type differs between releases.
static void faulty(void *own, void *error) { (void)own, (void)error; }
static void wordy(void *own, const char *words, ...) { (void)own, (void)words; }

// Of bytes that are not of the encoding it tells a thread's handlers, not the parser's.
static void be_silent(void) {
    xmlSetStructuredErrorFunc(NULL, (xmlStructuredErrorFunc)faulty);
    xmlSetGenericErrorFunc(NULL, wordy);
}

struct xml_elements *xml_elements_new(struct xml_element_handler handler, void *context) {
    struct xml_elements *elements = calloc(1, sizeof *elements);
    if (!elements) return NULL;
    elements->handler = handler;
    elements->context = context;
    xmlSAXHandler calls = {.initialized = XML_SAX2_MAGIC, .startElementNs = began, .endElementNs = ended};
    calls.serror = (xmlStructuredErrorFunc)faulty;
    elements->parser = xmlCreatePushParserCtxt(&calls, elements, NULL, 0, NULL);
    if (!elements->parser) {
        free(elements);
        return NULL;
    }
    xmlCtxtUseOptions(elements->parser, XML_PARSE_NONET | XML_PARSE_COMPACT);
    return elements;
}

bool xml_elements_parse(struct xml_elements *elements, const char *bytes, int count, bool is_last) {
    be_silent();
    // An entity or a name space that is not known leaves the rest well formed.
    return xmlParseChunk(elements->parser, bytes, count, is_last) == 0 || elements->parser->wellFormed;
}

const char *xml_elements_fault(const struct xml_elements *elements, int *line) {
    const xmlError *error = xmlCtxtGetLastError(elements->parser);
    *line = error ? error->line : 0;
    return error ? error->message : NULL;
}

void xml_elements_free(struct xml_elements *elements) {
    // Without handlers of ours the library keeps a document of its own for what a DTD declares.
    if (elements->parser->myDoc) xmlFreeDoc(elements->parser->myDoc);
    xmlFreeParserCtxt(elements->parser);
    free(elements);
}
