"""The browser of the tests is replaced when it crashes, and only then."""

import pytest
from selenium.common.exceptions import WebDriverException

from tests.demo.browser.driver import lasting
from tests.demo.browser.needs import need_browser


def test_a_tab_that_crashed_is_replaced_and_others_are_not():
    need_browser()
    with lasting() as living:
        driver = living()
        assert living() is driver
        with pytest.raises(WebDriverException, match="tab crashed"):
            driver.get("chrome://crash")
        with pytest.raises(WebDriverException, match="tab crashed"):  # and stays so
            driver.get("about:blank")
        another = living()
        another.get("about:blank")
        assert living() is another
        assert another.execute_script("return 1 + 1") == 2


def test_a_browser_whose_driver_is_gone_is_replaced():
    need_browser()
    with lasting() as living:
        gone = living()
        gone.service.process.kill()
        gone.service.process.wait()
        another = living()
        assert another is not gone
        assert another.execute_script("return 1 + 1") == 2
