/* data-onward: where this page goes on when scripts run; without them it does its work itself. */
"use strict";

if (window.indexedDB && navigator.locks) location.replace(document.querySelector("[data-onward]").dataset.onward);
