"""Alongside: arranges for a fellowship member to go along to somebody's first mutual-aid meeting. The product, without HTTP."""
