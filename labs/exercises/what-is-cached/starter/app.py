print("Hello from app.py")
