//! contract only
